#include "cli/check.hpp"

#include <fmt/core.h>

#include <ostream>

#include "report/settings.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "study/run.hpp"

namespace foretrain::cli {

int check_scenario(const ScenarioOptions& options, std::ostream& out) {
  const spec::Scenario scenario = load(options);
  const study::Outcome outcome = study::run(scenario, {.causes = false, .interval = false});
  const bool feasible = outcome.infeasible.empty();
  std::string stages;
  for (const spec::StageSpec& stage : scenario.stages) {
    stages += (stages.empty() ? "" : "; ") + report::describe(stage);
  }
  out << fmt::format("{} {}; {} inputs, scenario hash {:016x}\n", scenario.file,
                     feasible ? "is a sound scenario" : "has no mistake, but cannot run as planned",
                     report::count_inputs(scenario).all, scenario.hash) +
             report::describe(scenario) + report::wrap(stages, "  stages    ");
  if (feasible) out << report::wrap(report::memory_line(outcome), "  memory    ");
  for (const std::string& reason : outcome.infeasible) out << report::wrap(reason, "  - ");
  return feasible ? 0 : 1;
}

}  // namespace foretrain::cli
