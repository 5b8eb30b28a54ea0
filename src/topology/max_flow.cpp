#include "topology/max_flow.hpp"

#include <algorithm>
#include <limits>

namespace foretrain::topology {

void MaxFlow::join(std::size_t a, std::size_t b, std::int64_t there, std::int64_t back) {
  arcs_of_[a].push_back(static_cast<std::uint32_t>(arcs_.size()));
  arcs_.push_back({static_cast<std::uint32_t>(b), there});
  arcs_of_[b].push_back(static_cast<std::uint32_t>(arcs_.size()));
  arcs_.push_back({static_cast<std::uint32_t>(a), back});
}

bool MaxFlow::find_levels(std::size_t source, std::size_t sink) {
  level_.assign(arcs_of_.size(), -1);
  next_.assign(arcs_of_.size(), 0);
  level_[source] = 0;
  std::vector<std::size_t> open{source};
  for (std::size_t i = 0; i < open.size(); ++i)
    for (const std::uint32_t arc : arcs_of_[open[i]])
      if (arcs_[arc].left > 0 && level_[arcs_[arc].to] < 0) {
        level_[arcs_[arc].to] = level_[open[i]] + 1;
        open.push_back(arcs_[arc].to);
      }
  return level_[sink] >= 0;
}

// Recursion as deep as the network is wide: levels of a breadth-first search.
std::int64_t MaxFlow::push(std::size_t node, std::size_t sink, std::int64_t most) {
  if (node == sink) return most;
  std::int64_t pushed = 0;
  for (std::size_t& i = next_[node]; i < arcs_of_[node].size(); ++i) {
    const std::uint32_t arc = arcs_of_[node][i];
    if (arcs_[arc].left == 0 || level_[arcs_[arc].to] != level_[node] + 1) continue;
    const std::int64_t now = push(arcs_[arc].to, sink, std::min(most - pushed, arcs_[arc].left));
    arcs_[arc].left -= now;
    arcs_[arc ^ 1U].left += now;
    pushed += now;
    if (pushed == most) break;
  }
  return pushed;
}

std::int64_t MaxFlow::run(std::size_t source, std::size_t sink) {
  std::int64_t flow = 0;
  while (find_levels(source, sink)) flow += push(source, sink, std::numeric_limits<std::int64_t>::max());
  return flow;
}

}  // namespace foretrain::topology
