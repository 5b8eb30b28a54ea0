#pragma once
// An outcome for machines: full numbers, the unit as the last word of every key. The order of keys is fixed,
// so that the same outcome gives the same bytes. Not here: inputs (the scenario hash names them), timelines
// (trace.hpp).

#include <string>
#include <vector>

#include "report/json.hpp"
#include "study/outcome.hpp"

namespace foretrain::report {

std::string to_json(const study::Outcome& outcome);

void write_unfolded(JsonWriter& json, const std::vector<study::UnfoldOutcome>& all);

// Several outcomes as one array, for comparisons: [{"variant": name, "outcome": {...}}].
std::string to_json(const std::vector<std::string>& names, const std::vector<study::Outcome>& outcomes);

}  // namespace foretrain::report
