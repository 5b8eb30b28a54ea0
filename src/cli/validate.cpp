#include "cli/validate.hpp"

#include <ostream>

#include "cli/outputs.hpp"
#include "report/file.hpp"
#include "report/text_validate.hpp"
#include "study/validate_trace.hpp"

namespace foretrain::cli {

int validate_trace(const ValidateTraceOptions& options, std::ostream& out) {
  check_outputs({{"--plot", options.plot_file}},
                {options.scenario.file, options.files.ops, options.files.beside, options.files.rounds,
                 options.files.pair});
  ScenarioOptions changed = options.scenario;
  if (options.gpu) changed.set.push_back("cluster.gpu=" + *options.gpu);
  const spec::Scenario scenario = load(changed);
  const spec::TracedPair traced = spec::load_traced_pair(options.files);
  const study::TraceCheck check = study::validate_trace(scenario, traced);
  if (options.plot_file) report::write_file(*options.plot_file, report::trace_svg(check, scenario));
  out << (options.json ? report::to_json(check, scenario) : report::to_text(check, scenario));
  return 0;
}

}  // namespace foretrain::cli
