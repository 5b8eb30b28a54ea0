#include "network/slowdown.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"
#include "network/bounds.hpp"
#include "network/deliver.hpp"

namespace foretrain::network {
namespace {

constexpr double merged_ends = 0.01;

bool is_host(topology::LinkKind kind) {
  return kind == topology::LinkKind::nvlink || kind == topology::LinkKind::pcie ||
         kind == topology::LinkKind::nic;
}

struct Sums {
  std::vector<double> host;      // [group] seconds that its fullest host channel needs
  double outside = 0, over = 0;  // bytes through a NIC, and of them over a spine
};

// Host links and how often leaves are left do not depend on the routing: any shortest path will do.
Sums sum_up(const SentAtOnce& sent, const Channels& channels, const PathOf& path_of) {
  const Loads loads = loads_of(sent.list, channels, path_of);
  Sums sums;
  sums.host.assign(*std::max_element(sent.groups.begin(), sent.groups.end()) + std::size_t{1}, 0.0);
  std::vector<std::uint32_t> path;
  for (std::size_t i = 0; i < sent.list.size(); ++i) {
    path.clear();
    path_of(i, path);
    double& host = sums.host[sent.groups[i]];
    bool nic = false, spine = false;
    for (const std::uint32_t c : path) {
      const auto kind = channels.kinds[c];
      nic |= kind == topology::LinkKind::nic;
      spine |= kind == topology::LinkKind::leaf_spine;
      if (is_host(kind)) host = std::max(host, loads.bytes[c] / channels.capacities[c]);
    }
    const double size = sent.list.at(i).size.base();
    if (nic) sums.outside += size;
    if (spine) sums.over += size;
  }
  return sums;
}

}  // namespace

Slowdown slowdown_of(const SentAtOnce& sent, const topology::Fabric& fabric, topology::Routing routing,
                     std::uint64_t seed) {
  if (sent.list.size() == 0) return {};
  check(sent.groups.size() == sent.list.size(), "a message without a group");
  const Channels channels = list_channels(fabric);
  const topology::Paths paths(fabric, routing, seed);
  const Sums sums = sum_up(sent, channels, paths_of(sent.list, paths));
  const auto done = deliver(sent.list, channels, paths,
                            {.adaptive = routing == topology::Routing::adaptive,
                             .exact_flows = exact_slowdown,
                             .merge = merged_ends});
  check(done.has_value(), "flows without a limit");
  std::vector<std::int64_t> ends(sums.host.size(), 0);
  for (std::size_t i = 0; i < sent.list.size(); ++i)
    ends[sent.groups[i]] = std::max(ends[sent.groups[i]], done->finish_of(i));
  Slowdown result{1, 0, sums.outside > 0 ? sums.over / sums.outside : 0};
  for (std::size_t g = 0; g < ends.size(); ++g) {
    const sim::Ticks host = sim::to_ticks(seconds(sums.host[g]));
    check(host.count() > 0, "a group that sends nothing");
    // Ends are whole ticks: one tick is no slow-down.
    const double ratio =
        ends[g] <= host.count() + 1 ? 1 : static_cast<double>(ends[g]) / static_cast<double>(host.count());
    result.slowest = std::max(result.slowest, ratio);
    result.mean += ratio / static_cast<double>(ends.size());
  }
  return result;
}

}  // namespace foretrain::network
