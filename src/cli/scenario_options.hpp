#pragma once
// What every command about a scenario is told: which file, and which changes to it.

#include <optional>
#include <string>
#include <vector>

#include "spec/scenario.hpp"

namespace foretrain::cli {

struct ScenarioOptions {
  std::string file;
  std::vector<std::string> set;     // "plan.expert=32"
  std::optional<std::string> seed;  // the same as seed=N among the changes
};

// Throws a SpecError with every mistake in the files and the changes.
spec::Scenario load(const ScenarioOptions& options);

// The stage of this name, or the first when there is none; a SpecError when no stage is called so.
std::size_t find_stage(const spec::Scenario& scenario, const std::optional<std::string>& name);

// The place of a name in a list of known ones; a SpecError with the nearest one when it is not there.
std::size_t find_name(const std::string& what, const std::string& name,
                      const std::vector<std::string>& known);

}  // namespace foretrain::cli
