#include "base/stats.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"

namespace foretrain {
namespace {

RunningMoments moments_of(const std::vector<double>& values) {
  check(!values.empty(), "statistics of no values");
  RunningMoments moments;
  for (const double value : values) moments.add(value);
  return moments;
}

}  // namespace

double mean(const std::vector<double>& values) {
  return moments_of(values).mean();
}

double standard_deviation(const std::vector<double>& values) {
  return moments_of(values).standard_deviation();
}

double quantile(std::vector<double> values, double q) {
  check(!values.empty(), "a quantile of no values");
  check(q >= 0 && q <= 1, "a quantile outside [0, 1]");
  const double rank = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), at, values.end());
  if (below + 1 == values.size()) return *at;
  const double next = *std::min_element(at + 1, values.end());
  return *at + (rank - static_cast<double>(below)) * (next - *at);
}

double percentile(std::vector<double> values, double p) {
  return quantile(std::move(values), p / 100);
}

void RunningMoments::add(double value) {
  smallest_ = count_ == 0 ? value : std::min(smallest_, value);
  largest_ = count_ == 0 ? value : std::max(largest_, value);
  ++count_;
  const double before = value - mean_;
  mean_ += before / static_cast<double>(count_);
  squares_ += before * (value - mean_);
}

double RunningMoments::standard_deviation() const {
  return count_ < 2 ? 0 : std::sqrt(squares_ / static_cast<double>(count_ - 1));
}

}  // namespace foretrain
