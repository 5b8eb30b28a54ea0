#pragma once
// Paths between GPUs of a cluster, by arithmetic on its layout: what topology/paths.hpp uses where no link is
// down. The choices are a leaf's uplinks and the cables from the spine down to the other leaf; by destination
// they are those of topology/route.hpp.

#include <cstdint>
#include <vector>

#include "topology/layout.hpp"
#include "topology/pick.hpp"

namespace foretrain::topology {

void append_cluster_path(const Layout& layout, std::int64_t from, std::int64_t to, Picker picker,
                         std::vector<std::uint32_t>& path);
std::int64_t count_cluster_paths(const Layout& layout, std::int64_t from, std::int64_t to);

}  // namespace foretrain::topology
