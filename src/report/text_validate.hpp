#pragma once
// A trace beside its prediction, for people and as JSON. Misses are findings: they are shown, not refused.

#include <string>

#include "spec/scenario.hpp"
#include "study/validate_trace.hpp"

namespace foretrain::report {

std::string to_text(const study::TraceCheck& check, const spec::Scenario& scenario);
std::string to_json(const study::TraceCheck& check, const spec::Scenario& scenario);

}  // namespace foretrain::report
