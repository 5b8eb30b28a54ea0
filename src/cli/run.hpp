#pragma once
// `foretrain run`: simulates a scenario and reports.

#include <iosfwd>
#include <optional>
#include <string>

#include "cli/scenario_options.hpp"

namespace foretrain::cli {

struct RunOptions {
  ScenarioOptions scenario;
  bool json = false, stats = false;
  bool details = false;  // of the text report
  bool quick = false;    // no experiments: no causes, no interval
  std::optional<std::string> trace_file;
  std::optional<std::string> stage;  // whose step is traced; the first if not given
  bool unfold = false;               // every GPU by itself: all stages, or the one of that name
  std::optional<std::string> what;   // a question instead of the report: study/what.hpp
  std::optional<std::string> threads;
};

// 0, or 1 when the plan cannot run.
int run(const RunOptions& options, std::ostream& out);

}  // namespace foretrain::cli
