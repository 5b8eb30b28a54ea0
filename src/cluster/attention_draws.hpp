#pragma once
// Which micro-batches the GPUs of a group hold, where documents make these unlike
// (model/attention_loads.hpp). The micro-batches are taken in as many equal shares as are drawn, shortest to
// longest, and each share's mean goes to one draw in random order: so the draws' mean is 1, and what a group
// waits for is nearly the longest of as many. Cost: one pass over the loads. Left out:
// that windows make documents more alike; windowed layers take the same draws.

#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "cluster/chunks.hpp"
#include "cluster/step.hpp"

namespace foretrain::cluster {

// What attention takes for each of many micro-batches, relative to their mean and ascending, by what its
// kernels take on the GPU for documents of each length; empty where they are alike.
std::vector<double> attention_loads(const StepSpec& spec, const model::Documents& documents);

// Micro-batches that the simulated GPUs of a group hold at a time: GPUs that share sequences hold one.
std::int32_t held_together(const ChunkInputs& inputs, std::int32_t ranks);

// GroupWork::attention, of both sides of its chunk.
std::vector<double> draw_attention(const ChunkInputs& inputs, const GroupWork& work, const Rng& forward,
                                   const Rng& backward);

}  // namespace foretrain::cluster
