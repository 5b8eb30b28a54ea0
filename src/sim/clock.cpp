#include "sim/clock.hpp"

#include <cmath>

#include "base/check.hpp"

namespace foretrain::sim {

Ticks to_ticks(Seconds s) {
  const double ticks = std::round(s.base() * 1e9);  // halves go away from zero
  check(!std::isnan(ticks), "a duration that is not a number");
  check(s.base() >= 0, "a negative duration");
  check(ticks < 0x1p63, "a duration beyond the clock's 292 years");
  return Ticks(static_cast<Ticks::rep>(ticks));
}

}  // namespace foretrain::sim
