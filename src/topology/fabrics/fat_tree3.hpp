#pragma once
// A three-layer fat tree of equal switches (Al-Fares et al., SIGCOMM 2008): pods of leaves and aggregation
// switches (spines), each leaf joined to every spine of its pod once, and cores above. Spine j of every pod
// goes to the same group of cores. Full size: ports^3 / 4 endpoints on 5 ports^2 / 4 switches. A tree that is
// not full has as many pods as its leaves need and as many cores as its pods' uplinks need.

#include <tl/expected.hpp>

#include "topology/fabrics/cables.hpp"

namespace foretrain::topology::fabrics {

struct FatTree3 {
  std::int64_t endpoints = 0, switch_ports = 64;
};

tl::expected<Fabric, std::string> fat_tree3(const FatTree3& tree, const Cables& cables);

}  // namespace foretrain::topology::fabrics
