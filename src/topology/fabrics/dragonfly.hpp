#pragma once
// A Dragonfly (Kim, Dally, Scott and Abts, ISCA 2008): groups of a routers, all joined to one another, each
// with p endpoints and h global links; balanced where a = 2h = 2p, and full with a h + 1 groups, one link
// between any two. With fewer groups the ports left over make further links to the nearest groups on either
// side; a port stays free where none fits (an odd number left over in an odd number of groups).
//
// The k-th global port of a group leads to the k-th next group: every group sees the same, so turning all
// groups by one is a symmetry.

#include <tl/expected.hpp>

#include "topology/fabrics/cables.hpp"

namespace foretrain::topology::fabrics {

struct Dragonfly {
  std::int64_t routers_per_group = 0, endpoints_per_router = 0, global_links_per_router = 0;
  std::int64_t groups = 0;  // 0: as many as there are links for
};

tl::expected<Fabric, std::string> dragonfly(const Dragonfly& shape, const Cables& cables);

}  // namespace foretrain::topology::fabrics
