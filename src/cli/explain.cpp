#include "cli/explain.hpp"

#include <ostream>

#include "report/explain.hpp"

namespace foretrain::cli {

int explain(const ExplainOptions& options, std::ostream& out) {
  report::OpsQuery query;
  if (options.unit)
    query.unit = static_cast<model::Unit>(find_name("unit", *options.unit, report::unit_names()));
  if (options.phase)
    query.phase = static_cast<model::Phase>(find_name("phase", *options.phase, report::phase_names()));
  const spec::Scenario scenario = load(options.scenario);
  const std::size_t stage = find_stage(scenario, options.stage);
  const bool ops = options.ops || options.unit || options.phase || options.stage;
  out << (ops ? report::ops_text(scenario, scenario.stages[stage], query) : report::settings_text(scenario));
  return 0;
}

}  // namespace foretrain::cli
