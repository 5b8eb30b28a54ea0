#include "report/rows.hpp"

namespace foretrain::report {

std::string title_of(const Row& row) {
  const std::string name(row.name);
  return row.label == row.name || row.name == exposed_row.name ? name
                                                               : name + " (" + std::string(row.label) + ")";
}

const Row& largest_row(const cluster::Breakdown& breakdown) {
  const Row* largest = &step_rows.front();
  for (const Row& row : step_rows)
    if (breakdown.*row.seconds > breakdown.*largest->seconds) largest = &row;
  return *largest;
}

Seconds sum_of(const cluster::Breakdown& breakdown) {
  Seconds sum{};
  for (const Row& row : step_rows) sum += breakdown.*row.seconds;
  return sum;
}

const study::Comparison* find_published(const study::Outcome& outcome, std::string_view stage,
                                        std::string_view metric) {
  for (const study::Comparison& c : outcome.comparisons) {
    if (c.figure.stage == stage && c.figure.metric == metric) return &c;
  }
  return nullptr;
}

}  // namespace foretrain::report
