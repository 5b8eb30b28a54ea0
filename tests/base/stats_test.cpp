#include "base/stats.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"

using namespace foretrain;

TEST_CASE("mean and deviation of a sample") {
  const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};
  CHECK(mean(values) == Approx(5));
  CHECK(standard_deviation(values) == Approx(std::sqrt(32.0 / 7)));
  CHECK(standard_deviation({3.0}) == 0);
}

TEST_CASE("quantiles lie between neighbours, whatever the order") {
  const std::vector<double> values{40, 10, 30, 20};
  CHECK(quantile(values, 0) == 10);
  CHECK(quantile(values, 1) == 40);
  CHECK(quantile(values, 0.5) == Approx(25));
  CHECK(quantile(values, 1.0 / 3) == Approx(20));
  CHECK(percentile(values, 90) == Approx(37));
  CHECK(quantile({6.0}, 0.3) == 6);
}

TEST_CASE("running moments do not lose a small spread on a large mean") {
  RunningMoments moments;
  for (const double value : {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}) moments.add(value);
  CHECK(moments.mean() == 1e9 + 10);
  CHECK(moments.standard_deviation() == Approx(std::sqrt(30.0)));
  CHECK(moments.count() == 4);
  CHECK(moments.smallest() == 1e9 + 4);
  CHECK(moments.largest() == 1e9 + 16);
}
