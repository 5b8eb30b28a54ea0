#include "base/elementary.hpp"

#include <bit>
#include <cstdint>
#include <limits>

#include "base/check.hpp"

namespace foretrain {
namespace {

// ln 2 in two parts: the first has enough zero bits at its end for k * ln2_high to be exact for any exponent
// k.
constexpr double ln2_high = 0x1.62e42feep-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr int exponent_bias = 1023;
constexpr int mantissa_bits = 52;

// 2 atanh(s) = log((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + ...), for |s| <= 0.172 where the terms below
// reach double precision.
double twice_atanh(double s) {
  const double square = s * s;
  double sum = 0;
  for (int k = 23; k >= 3; k -= 2) sum = (sum + 1.0 / k) * square;
  return 2 * s + 2 * s * sum;
}

}  // namespace

double natural_log(double x) {
  check(x >= std::numeric_limits<double>::min() && x <= std::numeric_limits<double>::max(),
        "logarithm of a number that is not positive and normal");
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> mantissa_bits) - exponent_bias;
  const std::uint64_t one = std::uint64_t{exponent_bias} << mantissa_bits;
  double m = std::bit_cast<double>((bits & ((std::uint64_t{1} << mantissa_bits) - 1)) | one);  // in [1, 2)
  if (m > 1.4142135623730951) m /= 2, ++exponent;
  return exponent * ln2_high + (exponent * ln2_low + twice_atanh((m - 1) / (m + 1)));
}

double natural_log_of_one_minus(double p) {
  check(p >= 0 && p < 1, "log(1 - p) needs 0 <= p < 1");
  return p < 0.25 ? twice_atanh(-p / (2 - p)) : natural_log(1 - p);
}

double natural_exp(double x) {
  check(x <= 700, "exponential of a number above 700, or not a number");
  if (x < -700) return 0;
  const double scaled = x * 1.4426950408889634;  // 1 / ln 2
  const int k = static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double r = (x - k * ln2_high) - k * ln2_low;  // |r| <= ln 2 / 2
  double sum = 1;
  for (int n = 14; n >= 1; --n) sum = 1 + sum * r / n;  // the power series, innermost term first
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(exponent_bias + k) << mantissa_bits);
}

}  // namespace foretrain
