#include "network/choose_path.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/check.hpp"

namespace foretrain::network {

void choose_path(Flows& flows, std::uint32_t flow, const topology::Paths& paths, const MessageList& ends,
                 const ActiveFlows& active) {
  const Message message = ends.at(flow);
  const std::uint32_t choices = paths.choices(message.from, message.to);
  check(choices > 0, "a message without a way");
  std::vector<topology::Channel> path, best;
  double lowest = std::numeric_limits<double>::infinity();
  for (std::uint32_t i = 0; i < choices; ++i) {
    path.clear();
    paths.append_choice(message.from, message.to, (flow + i) % choices, path);
    double load = 0;
    for (const topology::Channel c : path)
      load = std::max(load, static_cast<double>(active.load(c) + 1) / flows.capacities[c]);
    if (load >= lowest) continue;
    lowest = load;
    best.swap(path);
  }
  set_path(flows, flow, best);
}

}  // namespace foretrain::network
