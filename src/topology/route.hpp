#pragma once
// The links a message crosses between two GPUs, in order.
//
// In one NVLink domain: up and down. Between nodes: through the NIC of the sender's rail to the leaf, over a
// spine where the two leaves differ, and to the receiver's NIC. Where planes do not meet (or the layout says
// so), a message to another rail first takes NVLink to the GPU of its own node that sits on the receiver's
// rail (NCCL calls it PXN); DeepEP forwards at the far end instead, which crosses the same kinds of links.
// Which spine: by destination (d modulo spines), the static rule of InfiniBand fat trees (Zahavi, "Fat-tree
// routing and node ordering", 2009), free of conflicts for shifts. Left out: adaptive routing, hash
// collisions of ECMP.

#include <cstdint>
#include <vector>

#include "topology/topology.hpp"

namespace foretrain::topology {

struct Step {
  LinkId link{};
  bool from_a = true;  // direction: from the link's a to its b
  friend bool operator==(const Step&, const Step&) = default;
};

// One number for a link's direction, for solvers that share capacity: two a link.
constexpr std::size_t channel(Step s) {
  return 2 * index_of(s.link) + (s.from_a ? 0U : 1U);
}
std::vector<Bandwidth> list_channels(const Fabric& fabric);  // capacity by channel()
inline std::vector<Bandwidth> list_channels(const Topology& topology) {
  return list_channels(topology.fabric());
}

// Empty when from == to. By arithmetic on the layout, O(1).
std::vector<Step> route(const Topology& topology, std::int64_t gpu_from, std::int64_t gpu_to);

// The same by breadth-first search of the graph, fewest links; slow, and the judge of route(). Empty when
// there is no way (or none is needed).
std::vector<Step> search_route(const Fabric& fabric, NodeId from, NodeId to);
inline std::vector<Step> search_route(const Topology& topology, NodeId from, NodeId to) {
  return search_route(topology.fabric(), from, to);
}

}  // namespace foretrain::topology
