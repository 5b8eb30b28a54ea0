#include "statistics.hpp"

#include <numeric>

#include "catch.hpp"

using namespace foretrain::bench;

namespace {

std::vector<double> repeated(double value, std::size_t count) {
  return std::vector<double>(count, value);
}

}  // namespace

TEST_CASE("median and spread of a hundred and one samples") {
  std::vector<double> samples(101);
  std::iota(samples.begin(), samples.end(), 100.0);  // 100..200
  const Summary s = summarise(samples, 3);
  CHECK(s.median == 150);
  CHECK(s.spread == Approx((184.0 - 116.0) / 2 / 150));
  CHECK(s.samples == 101);
  CHECK(s.dropped == 3);
}

TEST_CASE("one outlier moves neither median nor spread") {
  auto samples = repeated(2.0, 30);
  samples.push_back(1000);
  CHECK(summarise(samples, 0).median == 2);
  CHECK(summarise(samples, 0).spread == 0);
}

TEST_CASE("nothing measured is nothing, not a division by zero") {
  CHECK(summarise({}, 0).median == 0);
  CHECK(summarise({}, 0).spread == 0);
  CHECK(quantile({}, 0.5) == 0);
  CHECK(quantile({1, 2}, 0.5) == 1.5);
}

TEST_CASE("sampling stops on quiet, at the limits, and not before the least") {
  const StopRule rule;
  CHECK_FALSE(is_enough(repeated(1, 15), 0.01, rule));
  CHECK(is_enough(repeated(1, 16), 0.01, rule));
  CHECK(is_enough({}, rule.time_limit, rule));
  std::vector<double> noisy;
  for (int i = 0; i < 100; ++i) noisy.push_back(i % 2 == 0 ? 1.0 : 1.2);  // error of the median: 1.1 %
  CHECK(error_of_median(noisy) == Approx(1.2533 * 0.1 / 1.1 / 10));
  CHECK_FALSE(is_enough(noisy, 0.01, rule));
  for (int i = 0; i < 1900; ++i) noisy.push_back(noisy[static_cast<std::size_t>(i % 100)]);
  CHECK(is_enough(noisy, 0.01, rule));
}

TEST_CASE("batches below the share of the clock are dropped and counted") {
  const std::vector<Batch> batches{{{1, 1, 1}, 1980}, {{1.5, 1.5}, 1400}, {{1.1}, 1500}};
  const Kept kept = drop_throttled(batches, 1980, 0.75);
  CHECK(kept.times == std::vector<double>{1, 1, 1, 1.1});
  CHECK(kept.dropped == 2);
}

TEST_CASE("without clocks, batches that drift are dropped") {
  const std::vector<Batch> batches{{{1, 1, 5}, 0}, {{1.2, 1.2}, 0}, {{1.4, 1.4}, 0}};
  const Kept kept = drop_throttled(batches, 0, 0.75);
  CHECK(kept.times == std::vector<double>{1, 1, 5, 1.2, 1.2});  // an outlier in a good batch stays
  CHECK(kept.dropped == 2);
}

TEST_CASE("inputs go round until they are twice the L2") {
  CHECK(rotation_count(50e6, 50e6) == 2);
  CHECK(rotation_count(200e6, 50e6) == 1);
  CHECK(rotation_count(1e6, 50e6) == 4);  // the flush does the rest
  CHECK(rotation_count(0, 50e6) == 1);
}
