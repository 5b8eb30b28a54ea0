#pragma once
// What a cluster is: how many GPUs, how they are packed into nodes, which of them NVLink joins, and the
// fabric between the nodes. A node is what has one host: eight GPUs of a server, four of a GB200 tray; NVLink
// may join several (72 GPUs of a rack).

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
  double oversubscription = 1;  // ports of a leaf towards NICs, for one towards spines
};

struct ClusterSpec {
  std::string name;
  std::int64_t gpus = 0, gpus_per_node = 8, nics_per_node = 8;
  std::int64_t nvlink_domain = 0;  // GPUs that NVLink joins; 0: those of a node
  FabricSpec fabric;

  std::int64_t nvlink_gpus() const { return nvlink_domain > 0 ? nvlink_domain : gpus_per_node; }
};

// Ports of a leaf towards NICs; the others go to spines.
inline std::int64_t ports_down(const FabricSpec& f) {
  const auto up = static_cast<std::int64_t>(static_cast<double>(f.switch_ports) / (1 + f.oversubscription));
  return f.switch_ports - (up > 0 ? up : 1);
}

// Consecutive GPUs whose NICs reach those of the same rail without a spine: a leaf holds one rail of as many
// nodes as it has ports down (build.cpp), on either kind of fabric.
inline std::int64_t gpus_under_leaf(const ClusterSpec& c) {
  return ports_down(c.fabric) * c.gpus_per_node;
}

}  // namespace foretrain::topology
