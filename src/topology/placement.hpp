#pragma once
// Which GPU of a cluster runs which number of a layout. A layout numbers its GPUs so that neighbours talk
// most (cluster/hop.hpp); whether neighbours are near is the scheduler's doing.
//
//   in order    numbers fill NVLink domains, and domains leaves, as they are wired
//   at random   whole NVLink domains change places, every order equally likely (Fisher and Yates): what a
//               scheduler leaves that hands out free nodes and knows no leaves
//
// Rails keep their numbers: a GPU keeps its place within the domain. A last domain that is not full stays
// where it is. O(GPUs).

#include <cstdint>
#include <vector>

#include "topology/cluster.hpp"

namespace foretrain::topology {

using Placement = std::vector<std::uint32_t>;  // [number in the layout] GPU of the graph

Placement place_in_order(const ClusterSpec& cluster);
Placement place_at_random(const ClusterSpec& cluster, std::uint64_t seed);

}  // namespace foretrain::topology
