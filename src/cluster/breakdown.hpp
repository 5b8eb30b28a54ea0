#pragma once
// The rows of a step's breakdown: what a rank's seconds went to, booked chunk by chunk.

#include <vector>

#include "base/units.hpp"
#include "cluster/group.hpp"
#include "plan/schedule.hpp"

namespace foretrain::cluster {

// One row of the published breakdown, for one pipeline rank. Lone chunks only in the first three: the input
// and the weight part of a full backward are booked apart. All but exposed_communication add up to the step.
struct Breakdown {
  Seconds forward, backward, weight, overlapped, bubble, optimizer;
  Seconds exposed_communication;  // of it: inside chunks, compute stream waiting for dispatch, combine or a
                                  // barrier
};

// One chunk: of the sample only what its streams were busy with counts, its duration is given.
void book(const ChunkSample& sample, sim::Ticks duration, plan::Action action, Breakdown& row);

Breakdown mean_of(const std::vector<Breakdown>& rows);

}  // namespace foretrain::cluster
