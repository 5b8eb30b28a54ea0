#pragma once
// How far predictions lie from measurements, over a set of runs. Errors are predicted / measured - 1.

#include <cstddef>
#include <string_view>
#include <vector>

namespace foretrain::study {

struct ErrorStatistics {
  std::size_t n = 0;
  double bias = 0;                                  // mean of the signed errors
  double mean = 0, median = 0, p90 = 0, worst = 0;  // of their absolute values
};
ErrorStatistics statistics_of(const std::vector<double>& errors);  // all zero when empty

// Sets are told in two halves, so that nobody can tune on one unseen: bit 32 of FNV-1a (64 bits) of the row's
// id.
bool in_second_half(std::string_view id);

}  // namespace foretrain::study
