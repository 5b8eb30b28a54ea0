#include "study/link_use.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "topology/measure.hpp"

namespace foretrain::study {

NodeNames::NodeNames(const topology::Fabric& fabric) : fabric_(fabric) {
  std::array<std::size_t, topology::node_kinds> seen{};
  for (const topology::NodeKind kind : fabric.nodes)
    numbers_.push_back(seen[static_cast<std::size_t>(kind)]++);
}

std::string NodeNames::of(topology::NodeId node) const {
  constexpr std::array<std::string_view, topology::node_kinds> kinds{
      "GPU", "NVSwitch", "NIC", "leaf", "spine", "core", "router", "endpoint"};
  const std::size_t i = index_of(node);
  return fmt::format("{} {}", kinds[static_cast<std::size_t>(fabric_.nodes[i])], numbers_[i]);
}

std::string NodeNames::of_channel(std::size_t channel) const {
  const ChannelEnds ends = ends_of(fabric_, channel);
  return of(ends.from) + " to " + of(ends.to);
}

ChannelEnds ends_of(const topology::Fabric& fabric, std::size_t channel) {
  const topology::Link& link = fabric.links[channel / 2];
  return channel % 2 == 0 ? ChannelEnds{link.a, link.b} : ChannelEnds{link.b, link.a};
}

std::int64_t rank_of_use(double use) {
  return std::llround(use * 1e9);
}

LinkTable list_busiest(const topology::Fabric& fabric, const NetworkOutcome& outcome, std::size_t most) {
  std::vector<std::size_t> used;
  for (std::size_t c = 0; c < outcome.carried.size(); ++c)
    if (outcome.carried[c] > 0) used.push_back(c);
  const auto rank = [&](std::size_t c) { return rank_of_use(outcome.uses[c]); };
  const std::size_t listed = std::min(most, used.size());
  const auto end = used.begin() + static_cast<std::ptrdiff_t>(listed);
  std::partial_sort(used.begin(), end, used.end(), [&](std::size_t a, std::size_t b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a < b;
  });
  LinkTable table;
  table.used = used.size();
  const NodeNames names(fabric);
  for (std::size_t i = 0; i < listed; ++i) {
    const ChannelEnds ends = ends_of(fabric, used[i]);
    table.links.push_back({used[i], names.of(ends.from), names.of(ends.to), fabric.links[used[i] / 2].kind,
                           bytes(outcome.carried[used[i]]), outcome.uses[used[i]]});
  }
  if (listed > 0)
    table.as_busy = static_cast<std::uint64_t>(
        std::count_if(end, used.end(), [&](std::size_t c) { return rank(c) == rank(used[listed - 1]); }));
  return table;
}

}  // namespace foretrain::study
