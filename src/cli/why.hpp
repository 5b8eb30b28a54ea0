#pragma once
// `foretrain why`: a row of the step, traced to chunks, ops and the sources of their prices.

#include <iosfwd>
#include <optional>
#include <string>

#include "cli/scenario_options.hpp"

namespace foretrain::cli {

struct WhyOptions {
  ScenarioOptions scenario;
  std::string row;
  std::optional<std::string> stage;  // the first if not given
};

// 0, or 1 when the plan cannot run.
int why(const WhyOptions& options, std::ostream& out);

}  // namespace foretrain::cli
