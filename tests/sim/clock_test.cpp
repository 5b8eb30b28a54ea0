#include "sim/clock.hpp"

#include <limits>

#include "catch.hpp"
#include "sim/aborts.hpp"

using namespace foretrain;
using namespace foretrain::literals;
using foretrain::sim::SimTime;
using foretrain::sim::Ticks;
using foretrain::sim::to_seconds;
using foretrain::sim::to_ticks;

TEST_CASE("seconds become the nearest nanosecond") {
  CHECK(to_ticks(0_s).count() == 0);
  CHECK(to_ticks(1.4_ns).count() == 1);
  CHECK(to_ticks(1.6_ns).count() == 2);
  CHECK(to_ticks(seconds(0.5e-9)).count() == 1);
  CHECK(to_ticks(seconds(0.49e-9)).count() == 0);
  CHECK(to_ticks(250_us).count() == 250000);
  CHECK(to_ticks(seconds(86400.0 * 180)).count() == 15552000000000000);  // half a year
}

TEST_CASE("ticks come back as the seconds they were") {
  CHECK(to_seconds(Ticks(1500)) == seconds(1.5e-6));
  CHECK(to_seconds(SimTime(Ticks(2000000000))) == 2_s);
}

TEST_CASE("a duration that is none aborts") {
  CHECK(aborts([] { to_ticks(seconds(std::numeric_limits<double>::quiet_NaN())); }));
  CHECK(aborts([] { to_ticks(seconds(-1e-9)); }));
  CHECK(aborts([] { to_ticks(seconds(-1e-12)); }));
  CHECK(aborts([] { to_ticks(seconds(std::numeric_limits<double>::infinity())); }));
  CHECK(aborts([] { to_ticks(seconds(9.3e9)); }));        // above 2^63 ns
  CHECK_FALSE(aborts([] { to_ticks(seconds(9.2e9)); }));  // below
}
