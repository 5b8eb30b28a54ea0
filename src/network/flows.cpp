#include "network/flows.hpp"

#include "base/check.hpp"

namespace foretrain::network {

void set_path(Flows& flows, std::size_t flow, const std::vector<std::uint32_t>& channels) {
  Flow& set = flows.flows[flow];
  check(flows.crossings.size() + channels.size() <= 0xffffffffU, "more crossings than can be numbered");
  set.first = static_cast<std::uint32_t>(flows.crossings.size());
  set.crossings = static_cast<std::uint32_t>(channels.size());
  set.latency = 0;
  for (const std::uint32_t c : channels) {
    flows.crossings.push_back({c, 1});
    set.latency += flows.latencies[c];
  }
}

}  // namespace foretrain::network
