#include "cli/check.hpp"

#include <fmt/format.h>

#include <ostream>

#include "report/table.hpp"
#include "report/text.hpp"

namespace foretrain::cli {

int check_scenario(const ScenarioOptions& options, std::ostream& out) {
  const spec::Scenario scenario = load(options);
  std::string stages;
  for (const spec::StageSpec& stage : scenario.stages) {
    stages += (stages.empty() ? "" : "; ") + report::describe(stage);
  }
  out << fmt::format("{} is a sound scenario; {} settings, scenario hash {:016x}\n", scenario.file,
                     scenario.settings.size(), scenario.hash) +
             report::describe(scenario) + report::wrap(stages, "  stages    ");
  return 0;
}

}  // namespace foretrain::cli
