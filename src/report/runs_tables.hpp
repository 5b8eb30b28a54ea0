#pragma once
// What the reports of published runs count: residuals by size of layout and model, the worst rows, and the
// reasons why rows were not predicted. Rows in, rows out; no text layout.

#include <string>
#include <vector>

#include "study/validate_runs.hpp"

namespace foretrain::report {

struct ResidualRow {
  std::string by, range;  // "tp", "2"
  study::ErrorStatistics errors;
};
std::vector<ResidualRow> residuals(const study::RunsCheck& check);  // ranges without rows left out

std::vector<const study::RunCheck*> worst(const study::RunsCheck& check, std::size_t most);

struct ReasonRow {
  std::string reason, sets;
  std::size_t count = 0;
};
std::vector<ReasonRow> reasons(const study::RunsCheck& check);  // most frequent first

}  // namespace foretrain::report
