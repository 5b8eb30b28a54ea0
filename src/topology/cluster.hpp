#pragma once
// What a cluster is: how many GPUs, how they are packed into nodes, and the fabric between the nodes.

#include <cstdint>
#include <string>

namespace foretrain::topology {

struct FabricSpec {
  enum class Kind : std::uint8_t {
    multi_plane_fat_tree,  // rail i of every node is on plane i; planes meet only inside a node
    multi_rail_fat_tree,   // one fat tree joins all rails
  };
  Kind kind = Kind::multi_plane_fat_tree;
  std::int64_t planes = 8;  // multi_plane: one per NIC of a node
  std::int64_t levels = 2;
  std::int64_t switch_ports = 64;
};

struct ClusterSpec {
  std::string name;
  std::int64_t gpus = 0, gpus_per_node = 8, nics_per_node = 8;
  FabricSpec fabric;
};

}  // namespace foretrain::topology
