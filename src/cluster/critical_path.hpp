#pragma once
// The chain of work that a step had to wait for, end to end: from the chunk that ended last back to the
// start, each piece begun when the one before it ended. Its pieces add up to the time from the first chunk's
// start to the last one's end, to the nanosecond.
//
// Waits are never on it: a GPU that waits does so for another one's work, and that work is on the path. So a
// barrier hands the path to the last GPU to arrive and a message to its sender; what stays of the barrier is
// its own notify. Of ties (two things ended in the same nanosecond) the GPU's own stream is followed first.
//
// Cost: one step a segment of the path; needs the replica's record (replica.hpp).

#include <array>
#include <cstdint>
#include <vector>

#include "cluster/pipeline_metrics.hpp"
#include "cluster/replica.hpp"

namespace foretrain::cluster {

struct CriticalPath {
  // By plan::Action: compute at the price of the mean GPU alone with a balanced load, and what it took
  // beyond that (beside exchanges and barriers, with other rows, by jitter, on a slow chip; may be negative).
  std::array<sim::Ticks, action_count> priced{}, longer{};
  sim::Ticks exchange{}, barrier{};  // transfers; the notify before them
  sim::Ticks message{};              // between stages, until they have arrived
  sim::Ticks sending{};              // a chunk that waits for its own GPU's messages to leave
  std::vector<sim::Ticks> by_rank;   // [pipeline rank] where the path lies; a message counts for its sender
  std::uint32_t barriers = 0, messages = 0;  // times that one handed the path to another GPU
  std::uint32_t last = 0;                    // cursor whose chunk ended last

  sim::Ticks compute() const;
  sim::Ticks total() const { return compute() + exchange + barrier + message + sending; }
};

// Precondition: the result was recorded.
CriticalPath find_critical_path(const StepPlan& plan, const ReplicaResult& result);

}  // namespace foretrain::cluster
