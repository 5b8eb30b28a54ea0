#pragma once
// Published runs beside predictions, for people, as JSON and as a picture. Misses are findings: they are
// shown, sorted and counted, not refused.

#include <string>

#include "study/validate_runs.hpp"

namespace foretrain::report {

struct RunsDetail {
  bool rows = true;  // every row, or the sets alone
};
std::string to_text(const study::RunsCheck& check, const spec::PublishedRuns& runs, const RunsDetail& detail);
std::string to_json(const study::RunsCheck& check);

// One row: every setting with its origin, the prediction's parts, and memory term by term.
std::string to_text(const study::RunDetail& detail);

// Predicted against measured on logarithmic axes, a colour for each set, with the diagonal and 10 % around
// it.
std::string runs_svg(const study::RunsCheck& check);

}  // namespace foretrain::report
