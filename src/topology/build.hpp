#pragma once
// From a description of a cluster to its graph: two-layer fat trees of switches with half of a leaf's ports
// down and half up (or fewer up, by the oversubscription), one tree a plane or one tree for all rails.
//
// Left out: three-layer trees, dragonfly and torus fabrics; those are refused with a reason, as is a plane
// that needs more endpoints than two layers can join (ports^2 / 2; Leiserson 1985, Al-Fares et al., SIGCOMM
// 2008).

#include <string>
#include <tl/expected.hpp>

#include "base/units.hpp"
#include "topology/cluster.hpp"
#include "topology/topology.hpp"

namespace foretrain::topology {

struct LinkLatencies {
  Seconds nvlink{}, pcie{}, nic{}, leaf_spine{};
};
struct LinkRates {  // one direction of one link
  Bandwidth nvlink{}, pcie{}, nic{}, leaf_spine{};
  LinkLatencies latency{};
};

// The graph, or the reason why such a cluster cannot be wired.
tl::expected<Topology, std::string> build(const ClusterSpec& cluster, const LinkRates& rates);

}  // namespace foretrain::topology
