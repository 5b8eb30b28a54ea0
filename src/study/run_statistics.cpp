#include "study/run_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "base/hash.hpp"
#include "base/stats.hpp"

namespace foretrain::study {

ErrorStatistics statistics_of(const std::vector<double>& errors) {
  if (errors.empty()) return {};
  std::vector<double> sizes;
  for (const double error : errors) sizes.push_back(std::abs(error));
  return {errors.size(),        foretrain::mean(errors), foretrain::mean(sizes),
          quantile(sizes, 0.5), quantile(sizes, 0.9),    *std::max_element(sizes.begin(), sizes.end())};
}

bool in_second_half(std::string_view id) {
  return ((hash_number(hash_bytes(id)) >> 32U) & 1U) != 0;
}

}  // namespace foretrain::study
