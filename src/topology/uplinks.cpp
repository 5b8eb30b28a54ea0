#include "topology/uplinks.hpp"

#include <algorithm>

namespace foretrain::topology {
namespace {

double uplinks_of_nic(const FabricSpec& f) {
  const auto down = static_cast<double>(ports_down(f));
  return (static_cast<double>(f.switch_ports) - down) / down;
}

}  // namespace

double share_of_all_to_all(const ClusterSpec& cluster, std::int64_t span) {
  const std::int64_t leaf = gpus_under_leaf(cluster);
  if (span <= leaf) return 1;
  const std::int64_t joined = std::min(cluster.nvlink_gpus(), leaf);
  return std::min(1.0, uplinks_of_nic(cluster.fabric) * static_cast<double>(span - joined) /
                           static_cast<double>(span - leaf));
}

double share_of_shift(const ClusterSpec& cluster, std::int64_t distance) {
  const std::int64_t leaf = gpus_under_leaf(cluster);
  if (distance <= 0) return 1;
  return std::min(1.0, uplinks_of_nic(cluster.fabric) * static_cast<double>(leaf) /
                           static_cast<double>(std::min(distance, leaf)));
}

}  // namespace foretrain::topology
