#pragma once
// What a run's rows say of one another: how near grouped products come to the dense ones that were measured
// in the same file.

#include <string>
#include <vector>

#include "row.hpp"

namespace foretrain::bench {

struct Ratio {
  Row grouped;
  double rate = 0;      // FLOP/s
  double of_dense = 0;  // over the dense product's
};
// Grouped rows whose dense product is there too: of the same m, n and k where groups cut rows, of the average
// group's k where they cut k. Dense rows of the suite grouped alone.
std::vector<Ratio> dense_ratios(const std::vector<Row>& rows);

}  // namespace foretrain::bench
