#include "base/elementary.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "catch.hpp"

using namespace foretrain;

TEST_CASE("our logarithm and exponential agree with the library's to a few last places") {
  Rng rng(1, "elementary");
  double worst_log = 0, worst_log1 = 0, worst_exp = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = std::ldexp(1 + rng.uniform(), static_cast<int>(rng.uniform(2000)) - 1000);
    worst_log = std::max(worst_log, std::fabs(natural_log(x) / std::log(x) - 1));
    const double p = std::ldexp(rng.uniform(), -static_cast<int>(rng.uniform(60)));
    if (p > 0) worst_log1 = std::max(worst_log1, std::fabs(natural_log_of_one_minus(p) / std::log1p(-p) - 1));
    const double y = 1400 * rng.uniform() - 700;
    worst_exp = std::max(worst_exp, std::fabs(natural_exp(y) / std::exp(y) - 1));
  }
  CHECK(worst_log < 1e-15);
  CHECK(worst_log1 < 1e-15);
  CHECK(worst_exp < 1e-15);
}

TEST_CASE("exact points") {
  CHECK(natural_log(1) == 0);
  CHECK(natural_exp(0) == 1);
  CHECK(natural_exp(-1000) == 0);
  CHECK(natural_log_of_one_minus(0) == 0);
}
