// Statistics of errors, and how a set is cut in two.

#include "study/run_statistics.hpp"

#include <string>

#include "catch.hpp"

using namespace foretrain::study;

TEST_CASE("bias, mean, median, p90 and the worst of five errors") {
  const auto e = statistics_of({0.10, -0.02, 0.04, -0.06, 0.0});
  CHECK(e.n == 5);
  CHECK(e.bias == Approx(0.012));
  CHECK(e.mean == Approx(0.044));
  CHECK(e.median == Approx(0.04));
  CHECK(e.p90 == Approx(0.084));  // 0.06 + 0.6 x 0.04, as NumPy has it
  CHECK(e.worst == Approx(0.10));
}

TEST_CASE("no errors give no figures") {
  CHECK(statistics_of({}).n == 0);
}

TEST_CASE("the halves follow from the id alone, and are about equal") {
  int second = 0;
  for (int i = 0; i < 1000; ++i) second += in_second_half("run-" + std::to_string(i)) ? 1 : 0;
  CHECK(second > 400);
  CHECK(second < 600);
  // FNV-1a of "a" is af63dc4c8601ec8c and of "foobar" 85944171f73967e8 (the authors' test vectors).
  CHECK(in_second_half("a") == false);
  CHECK(in_second_half("foobar") == true);
}
