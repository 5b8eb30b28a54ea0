#include "network/popularity.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/elementary.hpp"

namespace foretrain::network {
namespace {

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum;
}

// exp(a_e) of each expert, from its chance at the threshold that suits equal experts.
std::vector<double> affinities(const Chances& chances, double threshold) {
  constexpr double least = 1e-9;  // an expert that is never chosen would never be again
  std::vector<double> odds;
  for (const double p : chances) {
    const double inside = std::clamp(p, least, 1 - least);
    odds.push_back(threshold / (1 - threshold) * inside / (1 - inside));
  }
  return odds;
}

double chance(double odds, double threshold) {
  if (threshold <= 0) return 1;
  if (threshold >= 1) return 0;
  return 1 / (1 + threshold / (1 - threshold) / odds);
}

// The threshold at which chances add up to top_k: they fall as it rises, so it is bisected.
void choose(const std::vector<double>& odds, const std::vector<double>& biases, double top_k,
            Chances& chances) {
  const auto [least, most] = std::minmax_element(biases.begin(), biases.end());
  double low = *least, high = 1 + *most;
  for (int i = 0; i < 48; ++i) {
    const double middle = (low + high) / 2;
    double sum = 0;
    for (std::size_t e = 0; e < odds.size(); ++e) sum += chance(odds[e], middle - biases[e]);
    (sum > top_k ? low : high) = middle;
  }
  for (std::size_t e = 0; e < odds.size(); ++e) chances[e] = chance(odds[e], (low + high) / 2 - biases[e]);
}

}  // namespace

Chances chances_of(std::vector<double> weights, double top_k) {
  check(top_k <= static_cast<double>(weights.size()), "as many experts as a token chooses");
  Chances chances(weights.size(), 0);
  double left = top_k;
  while (true) {  // those that every token chooses are taken out and the rest shared anew
    const double sum = sum_of(weights);
    check(sum > 0, "some expert is chosen");
    bool full = false;
    for (std::size_t e = 0; e < weights.size(); ++e) {
      if (weights[e] <= 0) continue;
      chances[e] = left * weights[e] / sum;
      full = full || chances[e] > 1;
    }
    if (!full) return chances;
    for (std::size_t e = 0; e < weights.size(); ++e)
      if (weights[e] > 0 && chances[e] >= 1) {
        chances[e] = 1;
        weights[e] = 0;
        left -= 1;
      }
  }
}

Chances zipf_chances(std::int64_t experts, double top_k, double exponent) {
  std::vector<double> weights;
  for (std::int64_t k = 1; k <= experts; ++k)
    weights.push_back(natural_exp(-exponent * natural_log(static_cast<double>(k))));
  return chances_of(std::move(weights), top_k);
}

Chances hot_chances(std::int64_t experts, double top_k, double times) {
  std::vector<double> weights(static_cast<std::size_t>(experts), 1);
  weights.front() = times;
  return chances_of(std::move(weights), top_k);
}

Chances balanced_by_bias(const Chances& given, std::int64_t steps, double rate) {
  if (steps == 0) return given;
  const double top_k = sum_of(given), mean = top_k / static_cast<double>(given.size());
  const std::vector<double> odds = affinities(given, 1 - mean);
  std::vector<double> biases(given.size(), 0);
  Chances chances = given;
  for (std::int64_t step = 0; step < steps; ++step) {
    for (std::size_t e = 0; e < biases.size(); ++e)
      if (chances[e] != mean) biases[e] += chances[e] < mean ? rate : -rate;
    choose(odds, biases, top_k, chances);
  }
  return chances;
}

std::vector<std::int64_t> draw_tokens(Rng& rng, const Chances& chances, std::int64_t tokens) {
  double left = sum_of(chances);
  auto rows = static_cast<std::uint64_t>(std::llround(static_cast<double>(tokens) * left));
  std::vector<std::int64_t> drawn;
  for (std::size_t e = 0; e < chances.size(); ++e) {
    const double p = e + 1 == chances.size() ? 1.0 : std::clamp(chances[e] / left, 0.0, 1.0);
    const std::uint64_t taken = left > 0 ? rng.binomial(rows, p) : 0;
    rows -= taken;
    left -= chances[e];
    drawn.push_back(static_cast<std::int64_t>(taken));
  }
  return drawn;
}

}  // namespace foretrain::network
