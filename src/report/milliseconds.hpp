#pragma once
// Times of the engine as people and pictures read them. Exact: a nanosecond is six decimals of a millisecond.

#include <string>

#include "sim/clock.hpp"

namespace foretrain::report {

std::string milliseconds_text(sim::Ticks t);  // "2.5", "59", "0.000001"; no unit
double seconds_of(sim::Ticks t);              // the double nearest to the exact value

}  // namespace foretrain::report
