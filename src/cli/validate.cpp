#include "cli/validate.hpp"

#include <ostream>

#include "report/text_validate.hpp"
#include "study/validate_trace.hpp"

namespace foretrain::cli {

int validate_trace(const ValidateTraceOptions& options, std::ostream& out) {
  const spec::Scenario scenario = load(options.scenario);
  const spec::TracedPair traced = spec::load_traced_pair(options.files);
  const study::TraceCheck check = study::validate_trace(scenario, traced);
  out << (options.json ? report::to_json(check, scenario) : report::to_text(check, scenario));
  return 0;
}

}  // namespace foretrain::cli
