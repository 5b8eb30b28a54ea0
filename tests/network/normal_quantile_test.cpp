#include "network/normal_quantile.hpp"

#include <cmath>

#include "catch.hpp"

using foretrain::network::normal_quantile;

TEST_CASE("the quantile inverts the normal distribution") {
  for (double p = 1e-9; p < 1; p = p < 0.5 ? p * 1.3 : p + 0.01) {
    const double x = normal_quantile(p);
    CHECK(std::erfc(-x / std::sqrt(2.0)) / 2 ==
          Approx(p).epsilon(1e-5));  // 1e-7 in x is x*x as much in a tail
  }
  CHECK(normal_quantile(0.5) == 0);
  CHECK(normal_quantile(0.975) == Approx(1.959964).epsilon(1e-6));
  CHECK(normal_quantile(1.0) == normal_quantile(1 - 1e-11));
}
