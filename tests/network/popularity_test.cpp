// How often experts are chosen, and what balancing by biases makes of it.
#include "network/popularity.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::network;

namespace {

double sum_of(const Chances& chances) {
  return std::accumulate(chances.begin(), chances.end(), 0.0);
}
// The most popular expert's load over the mean, less one: MaxVio of arXiv:2408.15664.
double violation(const Chances& chances) {
  const double mean = sum_of(chances) / static_cast<double>(chances.size());
  return *std::max_element(chances.begin(), chances.end()) / mean - 1;
}

}  // namespace

TEST_CASE("chances add up to the experts a token chooses and none exceeds one") {
  const double exponent = GENERATE(0.0, 0.3, 1.0, 3.0);
  CAPTURE(exponent);
  const auto chances = zipf_chances(256, 8, exponent);
  CHECK(sum_of(chances) == Approx(8).epsilon(1e-12));
  CHECK(std::is_sorted(chances.rbegin(), chances.rend()));
  CHECK(chances.front() <= 1);
  CHECK(chances.back() > 0);
  if (exponent == 0.0) CHECK(violation(chances) == Approx(0).margin(1e-12));
  if (exponent == 0.3) CHECK(chances[0] / chances[9] == Approx(std::pow(10, 0.3)).epsilon(1e-12));
  if (exponent == 3.0) CHECK(chances.front() == 1);
}

TEST_CASE("a hot expert is as hot as stated") {
  const auto chances = hot_chances(64, 4, 5);
  CHECK(sum_of(chances) == Approx(4).epsilon(1e-12));
  CHECK(chances[0] == Approx(5 * chances[1]).epsilon(1e-12));
  CHECK(chances[1] == chances[63]);
}

TEST_CASE("biases balance a skew, step by step, down to what one step moves") {
  const auto skewed = zipf_chances(256, 8, 0.5);
  CHECK(balanced_by_bias(skewed, 0, 0.001) == skewed);
  double before = violation(skewed);
  CHECK(before > 5);
  for (const std::int64_t steps : {10, 30, 100}) {
    const auto after = balanced_by_bias(skewed, steps, 0.001);
    CAPTURE(steps, before);
    CHECK(sum_of(after) == Approx(8).epsilon(1e-9));
    CHECK(violation(after) < before);
    before = violation(after);
  }
  // One step moves an expert by its slope: 3.2 % of the mean chance at affinities of equal experts, a few
  // times that for experts whose affinity lies near one. A tenth of the rate leaves about a tenth.
  CHECK(before < 0.1);
  CHECK(violation(balanced_by_bias(skewed, 400, 0.001)) < 0.1);
  CHECK(violation(balanced_by_bias(skewed, 4000, 0.0001)) < 0.012);
}

TEST_CASE("the tokens drawn are as many as were chosen, with the multinomial's spread") {
  Rng rng(7, "tokens");
  const auto chances = zipf_chances(32, 4, 0.7);
  const std::int64_t tokens = 4096;
  std::vector<double> sums(32), squares(32);
  constexpr int draws = 400;
  for (int d = 0; d < draws; ++d) {
    const auto drawn = draw_tokens(rng, chances, tokens);
    CHECK(std::accumulate(drawn.begin(), drawn.end(), std::int64_t{0}) == 4 * tokens);
    for (std::size_t e = 0; e < 32; ++e) {
      sums[e] += static_cast<double>(drawn[e]);
      squares[e] += static_cast<double>(drawn[e]) * static_cast<double>(drawn[e]);
    }
  }
  for (std::size_t e = 0; e < 32; ++e) {
    const double mean = sums[e] / draws, p = chances[e] / 4, n = 4.0 * static_cast<double>(tokens);
    const double sd = std::sqrt(n * p * (1 - p));
    CHECK(std::abs(mean - n * p) < 4.5 * sd / std::sqrt(draws));
    CHECK(std::sqrt(squares[e] / draws - mean * mean) == Approx(sd).epsilon(0.2));
  }
}
