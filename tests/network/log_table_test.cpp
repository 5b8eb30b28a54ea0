#include "network/log_table.hpp"

#include "catch.hpp"

using foretrain::network::LogTable;

TEST_CASE("a table meets its function at the steps and nearly between them") {
  const LogTable root(-20, 4, 6, [](double x) { return std::sqrt(x); });
  for (double x = 1e-6; x < 16; x *= 1.0137) CHECK(root(x) == Approx(std::sqrt(x)).epsilon(4e-5));
  CHECK(root(1.0) == 1);
  CHECK(root(2.25) == 1.5);
}

TEST_CASE("outside the table its ends hold") {
  const LogTable same(-2, 2, 3, [](double x) { return x; });
  CHECK(same(0) == 0.25);
  CHECK(same(0.1) == 0.25);
  CHECK(same(4) == 4);
  CHECK(same(1e300) == 4);
}
