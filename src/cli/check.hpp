#pragma once
// `foretrain check`: reads a scenario, reports every mistake in it, says what was understood, and whether it
// can run: one step of each stage is simulated, for the memory and the fabric; no experiment is.

#include <iosfwd>

#include "cli/scenario_options.hpp"

namespace foretrain::cli {

// 0, or 1 when the plan cannot run.
int check_scenario(const ScenarioOptions& options, std::ostream& out);

}  // namespace foretrain::cli
