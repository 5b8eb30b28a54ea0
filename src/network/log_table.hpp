#pragma once
// A function of a positive number, tabulated at equal steps within each power of two and linear between them,
// so that a lookup is a few bit operations. For inner loops of sampling, where 1e-5 is plenty. Arguments
// outside the table take its ends.

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace foretrain::network {

class LogTable {
 public:
  // From 2^lowest up to 2^highest, in 2^bits steps an octave.
  template <class F>
  LogTable(int lowest, int highest, int bits, F&& function)
      : shift_(52 - bits), first_(std::bit_cast<std::uint64_t>(std::ldexp(1.0, lowest)) >> shift_) {
    const std::uint64_t steps = static_cast<std::uint64_t>(highest - lowest) << bits;
    for (std::uint64_t i = 0; i <= steps; ++i)
      values_.push_back(function(std::bit_cast<double>((first_ + i) << shift_)));
  }

  double operator()(double x) const {
    const auto word = std::bit_cast<std::uint64_t>(x);
    if (word >> shift_ < first_) return values_.front();
    const std::uint64_t at = (word >> shift_) - first_;
    if (at + 1 >= values_.size()) return values_.back();
    const std::uint64_t rest = word & ((std::uint64_t{1} << shift_) - 1);
    const double fraction = step_ * static_cast<double>(rest);
    return values_[at] + fraction * (values_[at + 1] - values_[at]);
  }

 private:
  int shift_;  // below it: the place between two steps
  std::uint64_t first_;
  double step_ = std::ldexp(1.0, -shift_);
  std::vector<double> values_;
};

}  // namespace foretrain::network
