#pragma once
// The few statistics that reports need. Order of the input does not matter to quantiles; it does to the last
// bits of a mean, so callers pass values in a fixed order. Every function aborts on an empty list.

#include <cstddef>
#include <vector>

namespace foretrain {

double mean(const std::vector<double>& values);
double standard_deviation(const std::vector<double>& values);  // of a sample (n - 1); 0 for a single value

// The value below which a share q in [0, 1] lies, linear between neighbours (type 7 of Hyndman and Fan,
// "Sample quantiles in statistical packages", 1996; the default of R and NumPy).
double quantile(std::vector<double> values, double q);
double percentile(std::vector<double> values, double p);  // quantile of p / 100

// Mean and deviation of values that are not kept (Welford, Technometrics 4, 1962).
class RunningMoments {
 public:
  void add(double value);
  std::size_t count() const { return count_; }
  double mean() const { return mean_; }
  double standard_deviation() const;  // of a sample; 0 below two values
  double smallest() const { return smallest_; }
  double largest() const { return largest_; }

 private:
  std::size_t count_ = 0;
  double mean_ = 0, squares_ = 0, smallest_ = 0, largest_ = 0;
};

}  // namespace foretrain
