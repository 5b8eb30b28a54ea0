#pragma once
// Published figures beside what was predicted. Never an input: this is read after the run is over.

#include <optional>
#include <string>
#include <vector>

#include "study/outcome.hpp"

namespace foretrain::study {

// The prediction of a metric by its JSON name ("step_time_s", "breakdown.forward_s", "gpu_hours"), of one
// stage or of the whole run (stage ""), or of several stages together ("sft+rl": hours, dollars, days, tokens
// and steps add); absent when foretrain has no such metric.
std::optional<double> metric_of(const Outcome& outcome, const std::string& stage, const std::string& metric);

std::vector<std::string> metric_names();  // all that metric_of knows

std::vector<Comparison> compare(const Outcome& outcome, const std::vector<spec::PublishedFigure>& figures);

}  // namespace foretrain::study
