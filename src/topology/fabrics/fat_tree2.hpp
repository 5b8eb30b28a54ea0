#pragma once
// A two-layer fat tree, or leaf-spine network: each leaf has some ports down to endpoints and the others up
// to spines, equal halves or fewer up by the oversubscription. Leaves are filled in order of endpoint.
// Uplinks go round the spines without a break between leaves, so that no spine gets more than its ports even
// where leaves do not divide evenly. Full size: ports^2 / 2 endpoints (Leiserson, IEEE Trans. Comput. 34,
// 1985; Al-Fares et al., SIGCOMM 2008). One leaf alone needs no spine.

#include <tl/expected.hpp>

#include "topology/fabrics/cables.hpp"

namespace foretrain::topology::fabrics {

struct FatTree2 {
  std::int64_t endpoints = 0, switch_ports = 64;
  double oversubscription = 1;  // ports of a leaf towards endpoints, for one towards spines
};

// The fabric, or why it cannot be wired.
tl::expected<Fabric, std::string> fat_tree2(const FatTree2& tree, const Cables& cables);

}  // namespace foretrain::topology::fabrics
