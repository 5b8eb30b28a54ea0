#pragma once
// How a group of GPUs lies over the nodes. Ranks are numbered through the nodes, and a parallel dimension
// takes every `stride`-th of them: tensor 1, context `tensor`, data or expert `tensor * context`, pipeline
// all of the above. A node here is what NVLink joins: eight GPUs of a server, or a rack of 72.
//
// Left out: groups that lie unevenly. Where a node does not hold whole groups (6 GPUs in nodes of 8), some
// groups straddle a border; the shape then takes the largest block that fits both, which is what every
// member of such a group sees.

#include <cstdint>

namespace foretrain::network {

struct GroupShape {
  std::int64_t gpus_per_node = 1;  // of this group, in each of its nodes
  std::int64_t nodes = 1;
  std::int64_t size() const { return gpus_per_node * nodes; }
  friend bool operator==(const GroupShape&, const GroupShape&) = default;
};

// Precondition: all three are at least 1.
GroupShape shape_of(std::int64_t group_size, std::int64_t stride, std::int64_t gpus_per_node);

}  // namespace foretrain::network
