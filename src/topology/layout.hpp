#pragma once
// The numbers that fix every id of a cluster's graph, so that a route is arithmetic and no table is searched.
// A plane is a fat tree of its own. In `rails_joined` fabrics there is one plane, whose endpoints are ordered
// by rail, then by node.

#include <cstdint>

namespace foretrain::topology {

struct Layout {
  std::int64_t gpus = 0, gpus_per_node = 0, nodes = 0, nics_per_node = 0;
  std::int64_t gpus_per_domain = 0, domains = 0;  // joined by NVLink; the last domain may be partly filled
  std::int64_t planes = 0, endpoints_per_plane = 0;
  std::int64_t leaves_per_plane = 0, spines_per_plane = 0;  // no spines where one leaf serves the plane
  std::int64_t ports_down = 0, ports_up = 0;                // of a leaf
  bool rails_joined = false;
  bool nvlink_first = false;  // messages stay on a rail also where rails are joined, as NCCL's PXN has them
};

}  // namespace foretrain::topology
