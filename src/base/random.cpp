#include "base/random.hpp"

#include <bit>
#include <cmath>

#include "base/check.hpp"
#include "base/elementary.hpp"
#include "base/hash.hpp"

namespace foretrain {
namespace {

std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

// log k! minus Stirling's log(sqrt(2 pi)) + (k + 1/2) log(k + 1) - (k + 1): exact for small k, then three
// terms of the asymptotic series, whose error is below 1e-10 from k = 10 on.
double stirling_tail(double k) {
  if (k < 10) {
    constexpr double half_log_two_pi = 0.91893853320467274;
    double factorial = 1;
    for (double i = 2; i <= k; ++i) factorial *= i;
    return natural_log(factorial) - (half_log_two_pi + (k + 0.5) * natural_log(k + 1) - (k + 1));
  }
  const double next = k + 1, square = next * next;
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / next;
}

// Walks the distribution from zero; meant for n p below 10, where P(0) is far from underflow.
std::uint64_t binomial_by_inversion(Rng& rng, double n, double p) {
  const double odds = p / (1 - p);
  double probability = natural_exp(n * natural_log_of_one_minus(p));
  double u = rng.uniform(), k = 0;
  while (u >= probability && k < n) {
    u -= probability;
    ++k;
    probability *= odds * (n - k + 1) / k;
    if (probability < 1e-300) break;  // rounding left u above the whole sum
  }
  return static_cast<std::uint64_t>(k);
}

// BTRS; the constants are Hoermann's, valid for n p >= 10 and p <= 1/2.
std::uint64_t binomial_by_rejection(Rng& rng, double n, double p) {
  const double odds = p / (1 - p), deviation = std::sqrt(n * p * (1 - p));
  const double b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * p, c = n * p + 0.5;
  const double squeeze = 0.92 - 4.2 / b, alpha = (2.83 + 5.1 / b) * deviation;
  const double mode = std::floor((n + 1) * p);
  while (true) {
    const double u = rng.uniform() - 0.5, v = 1 - rng.uniform();
    const double edge = 0.5 - std::fabs(u);
    if (edge <= 0) continue;
    const double k = std::floor((2 * a / edge + b) * u + c);
    if (k < 0 || k > n) continue;
    if (edge >= 0.07 && v <= squeeze) return static_cast<std::uint64_t>(k);
    const double height = natural_log(v * alpha / (a / (edge * edge) + b));
    const double bound = (mode + 0.5) * natural_log((mode + 1) / (odds * (n - mode + 1))) +
                         (n + 1) * natural_log((n - mode + 1) / (n - k + 1)) +
                         (k + 0.5) * natural_log(odds * (n - k + 1) / (k + 1)) + stirling_tail(mode) +
                         stirling_tail(n - mode) - stirling_tail(k) - stirling_tail(n - k);
    if (height <= bound) return static_cast<std::uint64_t>(k);
  }
}

}  // namespace

Rng::Rng(std::uint64_t seed, std::string_view stream) {
  std::uint64_t mixed = split_mix(seed) ^ hash_bytes(stream);
  for (std::uint64_t& word : state_) word = split_mix(mixed);
}

std::uint64_t Rng::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Rng::uniform() {
  return static_cast<double>(next() >> 11U) * 0x1p-53;
}

double Rng::positive_uniform() {
  return 1 - uniform();
}

std::uint64_t Rng::uniform(std::uint64_t count) {
  check(count > 0, "a uniform choice among nothing");
  const std::uint64_t surplus =
      (0 - count) % count;  // 2^64 mod count: the draws that would favour small results
  std::uint64_t bits = next();
  while (bits < surplus) bits = next();
  return bits % count;
}

double Rng::exponential() {
  return -natural_log(positive_uniform());
}

double Rng::normal() {
  while (true) {
    const double x = 2 * uniform() - 1, y = 2 * uniform() - 1;
    const double square = x * x + y * y;
    if (square > 0 && square < 1) return x * std::sqrt(-2 * natural_log(square) / square);
  }
}

double Rng::gamma(double shape) {
  check(shape > 0, "a gamma distribution needs a positive shape");
  if (shape < 1) {  // gamma(shape + 1) u^(1 / shape), section 6 of the paper
    const double larger = gamma(shape + 1);
    return larger * natural_exp(natural_log(positive_uniform()) / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (natural_log(positive_uniform()) < x * x / 2 + d - d * v + d * natural_log(v)) return d * v;
  }
}

std::uint64_t Rng::binomial(std::uint64_t n, double p) {
  check(p >= 0 && p <= 1, "a probability outside [0, 1]");
  check(n <= (std::uint64_t{1} << 52U), "a binomial count above 2^52");
  if (p > 0.5) return n - binomial(n, 1 - p);
  if (n == 0 || p == 0) return 0;
  const auto trials = static_cast<double>(n);
  return trials * p < 10 ? binomial_by_inversion(*this, trials, p) : binomial_by_rejection(*this, trials, p);
}

}  // namespace foretrain
