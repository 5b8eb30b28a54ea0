#pragma once
// A trace beside its prediction, for people and as JSON. Misses are findings: they are shown, not refused.

#include <string>

#include "spec/scenario.hpp"
#include "study/validate_trace.hpp"

namespace foretrain::report {

std::string to_text(const study::TraceCheck& check, const spec::Scenario& scenario);
std::string to_json(const study::TraceCheck& check, const spec::Scenario& scenario);

// Predicted against measured time of each class of kernels and of the all-to-all.
std::string trace_svg(const study::TraceCheck& check, const spec::Scenario& scenario);

// Curves of a part that are made up for tests, or of kernels that nobody checked: no finding about a GPU.
struct DoubtfulCurves {
  std::size_t synthetic = 0, unverified = 0;
};
DoubtfulCurves doubtful_curves(const hardware::GpuSpec& gpu);

}  // namespace foretrain::report
