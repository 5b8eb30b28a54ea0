#include "network/route_messages.hpp"

#include "base/check.hpp"

namespace foretrain::network {

PathOf paths_of(const MessageList& list, const topology::Paths& paths) {
  return [&list, &paths](std::size_t i, std::vector<std::uint32_t>& path) {
    const Message message = list.at(i);
    paths.append(message.from, message.to, i, path);
  };
}

Flows unrouted(const MessageList& list, const Channels& channels) {
  Flows flows;
  flows.capacities = channels.capacities;
  flows.latencies = channels.latencies;
  flows.waits = list.waits;
  flows.rounds = list.rounds;
  flows.flows.resize(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Message message = list.at(i);
    check(message.size.base() > 0 && message.from != message.to, "a message without bytes or way");
    flows.flows[i].size = message.size.base();
    flows.flows[i].start = message.start.count();
  }
  return flows;
}

Flows route_messages(const MessageList& list, const Channels& channels, const PathOf& path_of) {
  Flows flows = unrouted(list, channels);
  std::vector<std::uint32_t> path;
  for (std::size_t i = 0; i < list.size(); ++i) {
    path.clear();
    path_of(i, path);
    check(!path.empty(), "a message without a way");
    set_path(flows, i, path);
  }
  return flows;
}

}  // namespace foretrain::network
