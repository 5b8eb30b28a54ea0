#pragma once
// A pair of events around a kernel sees more than the kernel: row `empty_kernel` of suite `launch` says how
// much, the empty kernel's own microsecond included. It is taken once from every other row of its file, so
// what is left is a kernel's time beyond an empty one; from one launch of empty kernels to the next
// (`queued_launch`) is then the gap that completes it (calibrate/fit_launch.hpp). Not timed by a pair of
// events each, and left as they are: suite `launch` itself, NCCL's collectives, kernels of a trace.
//
// Refused, with nothing taken: more than 10 us (no pair of events on a held stream sees that: something else
// ran), and more than nine tenths of any row, of which nothing would be left.

#include "calibrate/measured.hpp"

namespace foretrain::calibrate {

constexpr Seconds most_overhead = seconds(10e-6);
constexpr double most_share = 0.9;

bool timed_alone(const Point& point);  // by a pair of events of its own

// The file's rows without what its empty kernel took; `overheads` says so. No row of that name: unchanged.
Results without_overhead(Results results);

}  // namespace foretrain::calibrate
