#include "report/rows.hpp"

namespace foretrain::report {

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
