#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/stats.hpp"
#include "catch.hpp"

using foretrain::Rng;
using foretrain::RunningMoments;

namespace {

template <class Draw>
RunningMoments moments_of(int count, Draw draw) {
  RunningMoments moments;
  for (int i = 0; i < count; ++i) moments.add(draw());
  return moments;
}

// Five standard errors of a mean: a wrong formula is far outside, a right one fails once in two million
// seeds.
double margin(double deviation, int count) {
  return 5 * deviation / std::sqrt(count);
}

// P(k successes), from factorials in logarithms: independent of the code under test.
double binomial_probability(double n, double p, double k) {
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
                  (n - k) * std::log1p(-p));
}

}  // namespace

TEST_CASE("a stream depends on its seed and name alone") {
  Rng a(1, "failure/node/17"), same(1, "failure/node/17");
  Rng other_name(1, "failure/node/18"), other_seed(2, "failure/node/17");
  int differ_by_name = 0, differ_by_seed = 0;
  for (int i = 0; i < 100; ++i) {
    const auto bits = a.next();
    CHECK(bits == same.next());
    differ_by_name += bits != other_name.next();
    differ_by_seed += bits != other_seed.next();
  }
  CHECK(differ_by_name == 100);
  CHECK(differ_by_seed == 100);
}

TEST_CASE("a stream is not moved by another drawn between") {
  Rng alone(7, "a");
  std::vector<double> expected;
  for (int i = 0; i < 50; ++i) expected.push_back(alone.normal());
  Rng again(7, "a"), added(7, "b");
  for (const double value : expected) {
    added.normal();
    CHECK(again.normal() == value);
  }
}

TEST_CASE("neighbouring streams are not correlated") {
  for (int k = 0; k < 20; ++k) {
    Rng a(0, "s/" + std::to_string(k)), b(0, "s/" + std::to_string(k + 1));
    const int count = 2000;
    const auto product = moments_of(count, [&] { return (a.uniform() - 0.5) * (b.uniform() - 0.5); });
    CHECK(std::fabs(product.mean()) < margin(1.0 / 12, count));
  }
}

TEST_CASE("uniform numbers fill [0, 1) evenly") {
  Rng rng(3, "uniform");
  const int count = 100000;
  const auto m = moments_of(count, [&] { return rng.uniform(); });
  CHECK(m.mean() == Approx(0.5).margin(margin(std::sqrt(1.0 / 12), count)));
  CHECK(m.standard_deviation() == Approx(std::sqrt(1.0 / 12)).epsilon(0.01));
  CHECK(m.smallest() >= 0);
  CHECK(m.largest() < 1);
}

TEST_CASE("a uniform choice favours none") {
  Rng rng(4, "choice");
  std::array<int, 7> seen{};
  for (int i = 0; i < 70000; ++i) ++seen.at(rng.uniform(7));
  for (const int times : seen) CHECK(std::abs(times - 10000) < 5 * std::sqrt(10000 * 6 / 7.0));
  CHECK(rng.uniform(1) == 0);
  // A range of 3/4 of 2^64 shows a modulo without rejection at once: the lowest third would come up half the
  // time.
  const std::uint64_t range = 3ULL << 62U;
  int low = 0;
  for (int i = 0; i < 30000; ++i) low += rng.uniform(range) < range / 3;
  CHECK(std::abs(low - 10000) < 5 * std::sqrt(30000 * 2 / 9.0));
}

TEST_CASE("normal and exponential numbers have their moments") {
  Rng rng(5, "shape");
  const int count = 200000;
  const auto n = moments_of(count, [&] { return rng.normal(); });
  CHECK(n.mean() == Approx(0).margin(margin(1, count)));
  CHECK(n.standard_deviation() == Approx(1).epsilon(0.01));
  const auto fourth = moments_of(count, [&] { return std::pow(rng.normal(), 4); });
  CHECK(fourth.mean() == Approx(3).margin(margin(std::sqrt(96.0), count)));
  const auto e = moments_of(count, [&] { return rng.exponential(); });
  CHECK(e.mean() == Approx(1).margin(margin(1, count)));
  CHECK(e.standard_deviation() == Approx(1).epsilon(0.02));
}

TEST_CASE("gamma numbers have mean and variance equal to the shape") {
  const double shape = GENERATE(0.05, 0.5, 1.0, 2.5, 100.0);
  Rng rng(6, "gamma");
  const int count = 200000;
  const auto m = moments_of(count, [&] { return rng.gamma(shape); });
  CHECK(m.mean() == Approx(shape).margin(margin(std::sqrt(shape), count)));
  CHECK(m.standard_deviation() == Approx(std::sqrt(shape)).epsilon(0.05));
  CHECK(m.smallest() >= 0);
}

TEST_CASE("a binomial count is distributed as its formula says") {
  struct Case {
    std::uint64_t n;
    double p;
  };
  // Inversion, both sides of the switch at n p = 10, rejection, and the mirror image above 1/2.
  const auto c =
      GENERATE(Case{5, 0.3}, Case{99, 0.1}, Case{101, 0.1}, Case{400, 0.25}, Case{60, 0.5}, Case{300, 0.93});
  Rng rng(8, "binomial");
  const int count = 100000;
  std::vector<int> seen(c.n + 1);
  for (int i = 0; i < count; ++i) ++seen.at(rng.binomial(c.n, c.p));
  double chi_square = 0, degrees = 0;
  for (std::size_t k = 0; k <= c.n; ++k) {
    const double expected =
        count * binomial_probability(static_cast<double>(c.n), c.p, static_cast<double>(k));
    if (expected < 10) continue;
    chi_square += std::pow(seen[k] - expected, 2) / expected;
    ++degrees;
  }
  INFO("n " << c.n << " p " << c.p << " chi square " << chi_square << " degrees " << degrees);
  CHECK(degrees >= 5);
  CHECK(chi_square < degrees + 5 * std::sqrt(2 * degrees));
}

TEST_CASE("a large binomial count costs no more and keeps its moments") {
  Rng rng(9, "large");
  const int count = 50000;
  const double n = 1e9, p = 0.03125;
  const auto m = moments_of(count, [&] { return static_cast<double>(rng.binomial(1000000000, p)); });
  const double deviation = std::sqrt(n * p * (1 - p));
  CHECK(m.mean() == Approx(n * p).margin(margin(deviation, count)));
  CHECK(m.standard_deviation() == Approx(deviation).epsilon(0.02));
}

TEST_CASE("a binomial count at its edges") {
  Rng rng(10, "edges");
  CHECK(rng.binomial(0, 0.5) == 0);
  CHECK(rng.binomial(10, 0) == 0);
  CHECK(rng.binomial(10, 1) == 10);
  const auto rare =
      moments_of(20000, [&] { return static_cast<double>(rng.binomial(1ULL << 52U, 0x1p-52)); });
  CHECK(rare.mean() == Approx(1).margin(margin(1, 20000)));
}

TEST_CASE("a seed gives these numbers on every machine") {
  Rng rng(1, "pinned");
  CHECK(rng.next() == 0xe9828ac4b6737d3ULL);
  CHECK(rng.normal() == 0x1.372e4c613a5d3p+0);
  CHECK(rng.gamma(0.5) == 0x1.84b85e1f85cedp-4);
  CHECK(rng.exponential() == 0x1.00fb618c59355p+2);
  CHECK(rng.binomial(1000, 0.3) == 306);
}
