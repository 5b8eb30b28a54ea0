#pragma once
// The engine's clock: integer nanoseconds since the simulation began (292 years fit; half a nanosecond on a
// one-microsecond kernel is 0.05 %, against model errors of percents). A point and a span are
// different types.

#include <chrono>
#include <cstdint>

#include "base/units.hpp"

namespace foretrain::sim {

struct SimClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<SimClock>;
  static constexpr bool is_steady = true;
};
using Ticks = SimClock::duration;
using SimTime = SimClock::time_point;

// Rounds to the nearest nanosecond; aborts on NaN, on a negative value and on overflow.
Ticks to_ticks(Seconds s);
constexpr Seconds to_seconds(Ticks t) { return seconds(static_cast<double>(t.count()) * 1e-9); }
constexpr Seconds to_seconds(SimTime t) { return to_seconds(t.time_since_epoch()); }

}  // namespace foretrain::sim
