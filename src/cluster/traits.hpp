#pragma once
// What chance and stated faults make of each GPU: its chip, its NIC, its NVLink, and what its group's faults
// do to its exchanges. O(GPUs).

#include <vector>

#include "cluster/unfolded.hpp"

namespace foretrain::cluster {

// [(replica * lanes + lane) * ranks + rank]; of the GPUs behind a lane the worst counts. Chips are the same
// draws from which the folded step takes its slowest (list_durations). Precondition: GPUs and rates are in
// range, and on every node a NIC works.
std::vector<GpuTraits> list_traits(const ClusterShape& shape, const ChunkInputs& inputs,
                                   const topology::Faults& faults);

// The share of its rate that each GPU's traffic gets: [gpu], 1 where nothing is stated.
std::vector<double> shares_of_nics(std::int64_t gpus, std::int64_t per_node,
                                   const std::vector<topology::WorseNic>& nics);

}  // namespace foretrain::cluster
