#pragma once
// `foretrain explain`: every input with its origin; with --ops what one GPU computes and what each op costs;
// or with --memory-over-time the memory of every pipeline rank through a step.

#include <iosfwd>
#include <optional>
#include <string>

#include "cli/scenario_options.hpp"

namespace foretrain::cli {

struct ExplainOptions {
  ScenarioOptions scenario;
  bool ops = false;
  std::optional<std::string> unit, phase;  // of the op list
  std::optional<std::string> stage;        // of the op list or the memory
  bool memory_over_time = false;
  bool json = false;     // of the memory
  std::string svg_file;  // of the memory; "" = none
};

int explain(const ExplainOptions& options, std::ostream& out);

}  // namespace foretrain::cli
