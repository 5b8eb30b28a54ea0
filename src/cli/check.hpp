#pragma once
// `foretrain check`: reads a scenario, reports every mistake in it, and says what was understood. Simulates
// nothing.

#include <iosfwd>

#include "cli/scenario_options.hpp"

namespace foretrain::cli {

int check_scenario(const ScenarioOptions& options, std::ostream& out);

}  // namespace foretrain::cli
