#include "network/channels.hpp"

namespace foretrain::network {

Channels list_channels(const topology::Fabric& fabric, const Efficiency& efficiency) {
  Channels channels;
  for (const topology::Link& link : fabric.links)
    for (int direction = 0; direction < 2; ++direction) {
      channels.capacities.push_back(link.capacity.base() * efficiency[link.kind]);
      channels.latencies.push_back(sim::to_ticks(link.latency).count());
      channels.kinds.push_back(link.kind);
    }
  return channels;
}

}  // namespace foretrain::network
