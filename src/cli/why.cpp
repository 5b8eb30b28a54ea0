#include "cli/why.hpp"

#include <ostream>

#include "cli/progress.hpp"
#include "report/text.hpp"
#include "report/why.hpp"
#include "study/run.hpp"

namespace foretrain::cli {

int why(const WhyOptions& options, std::ostream& out) {
  find_name("row", options.row, report::why_rows());
  const spec::Scenario scenario = load(options.scenario);
  const std::size_t stage = find_stage(scenario, options.stage);
  const Progress progress("simulating " + scenario.file);
  const bool experiments = options.row == "bubble";  // its causes are told apart by switching them off
  const study::Outcome outcome = study::run(scenario, {.causes = experiments, .interval = false});
  if (!outcome.infeasible.empty()) {
    out << report::to_text(outcome, scenario);
    return 1;
  }
  out << report::why_text(outcome, scenario, stage, options.row);
  return 0;
}

}  // namespace foretrain::cli
