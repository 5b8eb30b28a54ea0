#include "cli/explain.hpp"

#include <ostream>

#include "cli/outputs.hpp"
#include "report/explain.hpp"
#include "report/file.hpp"
#include "report/memory_picture.hpp"

namespace foretrain::cli {
namespace {

int explain_memory(const ExplainOptions& options, const spec::Scenario& scenario,
                   const spec::StageSpec& stage, std::ostream& out) {
  if (!options.svg_file.empty()) check_outputs({{"--svg", options.svg_file}}, {options.scenario.file});
  const auto memory = study::memory_over_time(scenario, stage);
  if (memory.ranks.empty()) {
    out << stage.name << " cannot run as planned: " << memory.step.infeasible << "\n";
    return 1;
  }
  if (!options.svg_file.empty())
    report::write_file(options.svg_file, report::memory_over_time_svg(stage, memory));
  out << (options.json ? report::memory_over_time_json(scenario, stage, memory)
                       : report::memory_over_time_text(stage, memory));
  return memory.step.does_not_fit.empty() ? 0 : 1;
}

}  // namespace

int explain(const ExplainOptions& options, std::ostream& out) {
  report::OpsQuery query;
  if (options.unit)
    query.unit = static_cast<model::Unit>(find_name("unit", *options.unit, report::unit_names()));
  if (options.phase)
    query.phase = static_cast<model::Phase>(find_name("phase", *options.phase, report::phase_names()));
  const spec::Scenario scenario = load(options.scenario);
  const std::size_t stage = find_stage(scenario, options.stage);
  if (options.memory_over_time) return explain_memory(options, scenario, scenario.stages[stage], out);
  const bool ops = options.ops || options.unit || options.phase || options.stage;
  out << (ops ? report::ops_text(scenario, scenario.stages[stage], query) : report::settings_text(scenario));
  return 0;
}

}  // namespace foretrain::cli
