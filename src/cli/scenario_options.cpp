#include "cli/scenario_options.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/diagnostic.hpp"
#include "spec/load.hpp"

namespace foretrain::cli {

spec::Scenario load(const ScenarioOptions& options) {
  std::vector<std::string> changes = options.set;
  if (options.seed) changes.push_back("seed=" + *options.seed);
  return spec::load(options.file, changes);
}

std::size_t find_stage(const spec::Scenario& scenario, const std::optional<std::string>& name) {
  if (!name) return 0;
  std::vector<std::string> known;
  for (const spec::StageSpec& stage : scenario.stages) known.push_back(stage.name);
  return find_name("stage", *name, known);
}

std::size_t find_name(const std::string& what, const std::string& name,
                      const std::vector<std::string>& known) {
  const auto found = std::find(known.begin(), known.end(), name);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  Diagnostic d = without_place(fmt::format("unknown {} '{}'", what, name));
  const std::string near = nearest_name(name, known);
  if (!near.empty()) {
    d.hint = fmt::format("did you mean '{}'?", near);
  } else {
    for (const std::string& k : known) d.hint += (d.hint.empty() ? "known: " : ", ") + k;
  }
  throw SpecError({d});
}

}  // namespace foretrain::cli
