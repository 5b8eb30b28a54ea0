#include "network/bounds.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "base/check.hpp"

namespace foretrain::network {
namespace {

double count(std::uint32_t n) {
  return static_cast<double>(n);
}

Bound over_nic(Bytes size, const HostLinks& host) {
  return {size / host.nic, "bytes through one endpoint's NIC"};
}
Bound over_nvlink(Bytes size, const HostLinks& host) {
  if (size.base() <= 0) return {};
  return {size / host.nvlink, "bytes through one GPU's NVLink"};
}

// Where endpoints have several links, all of them together.
Bandwidth slowest_endpoint(const topology::Fabric& fabric, const Channels& channels) {
  std::vector<double> rate(fabric.nodes.size(), 0);
  for (std::size_t l = 0; l < fabric.links.size(); ++l)
    for (const topology::NodeId end : {fabric.links[l].a, fabric.links[l].b})
      rate[index_of(end)] += channels.capacities[2 * l];
  double slowest = std::numeric_limits<double>::infinity();
  for (const topology::NodeId endpoint : fabric.endpoints)
    slowest = std::min(slowest, rate[index_of(endpoint)]);
  return Bandwidth::from_base(slowest);
}

}  // namespace

HostLinks host_links_of(const topology::Fabric& fabric, const Channels& channels) {
  if (!fabric.layout) return {slowest_endpoint(fabric, channels), {}, 1};
  std::array<double, topology::link_kinds> slowest{};
  slowest.fill(std::numeric_limits<double>::infinity());
  for (std::size_t c = 0; c < channels.size(); ++c) {
    double& rate = slowest[static_cast<std::size_t>(channels.kinds[c])];
    if (channels.capacities[c] > 0) rate = std::min(rate, channels.capacities[c]);  // 0: the link is down
  }
  const auto of = [&](topology::LinkKind kind) { return slowest[static_cast<std::size_t>(kind)]; };
  const topology::Layout& l = *fabric.layout;
  const double sharing = static_cast<double>(l.gpus_per_node) / static_cast<double>(l.nics_per_node);
  const double nic = std::min(of(topology::LinkKind::pcie), of(topology::LinkKind::nic) / sharing);
  return {Bandwidth::from_base(nic), Bandwidth::from_base(of(topology::LinkKind::nvlink)),
          static_cast<std::uint32_t>(l.gpus_per_domain)};
}

Bound longer(const Bound& a, const Bound& b) {
  return a.time >= b.time ? a : b;
}

Bound bound_of_all_to_all(std::uint32_t n, Bytes size, const HostLinks& host) {
  const std::uint32_t m = std::min(host.per_domain, n);
  return longer(over_nic(size * (count(n - m) / count(n)), host),
                over_nvlink(size * (count(m - 1) / count(n)), host));
}

Bound bound_of_bisection(std::uint32_t n, Bytes size, Bandwidth one_way) {
  return {size * count(n) / 4.0 / one_way, "half of the bytes through the bisection"};
}

Bound bound_of_torus(const topology::TorusSize& nodes, Bytes size, Bandwidth link) {
  Bound bound;
  for (const std::int64_t k : nodes) {
    const std::int64_t steps = k * k / 4;  // from one node of a ring of k to all others, rounded down
    const double share = k == 2 ? 0.5 : static_cast<double>(steps) / static_cast<double>(2 * k);
    bound =
        longer(bound, {size * share / link, "bytes across the torus's dimension of " + std::to_string(k)});
  }
  return bound;
}

Bound bound_of_permutation(const MessageList& list, const HostLinks& host) {
  const auto leaves = [&](const Message& m) { return m.from / host.per_domain != m.to / host.per_domain; };
  const bool any = std::any_of(list.listed.begin(), list.listed.end(), leaves);
  return any ? over_nic(list.listed.front().size, host) : over_nvlink(list.listed.front().size, host);
}

Bound bound_of_incast(std::uint32_t n, Bytes size, const HostLinks& host) {
  const std::uint32_t m = std::min(host.per_domain, n);
  return longer(over_nic(size * count(n - m), host), over_nvlink(size * count(m - 1), host));
}

Bound bound_of_all_reduce(std::uint32_t n, Bytes size, const HostLinks& host) {
  const std::uint32_t m = std::min(host.per_domain, n);
  if (m == 1)
    return {2 * (count(n - 1) / count(n)) * size / host.nic, "2 (n-1)/n of the bytes through a NIC"};
  const double domains = count(n) / count(m);
  return longer({2 * ((domains - 1) / domains) * size / (count(m) * host.nic),
                 "2 (k-1)/k of the bytes through the NICs of one of k NVLink domains"},
                {2 * (count(n - 1) / count(n)) * size / (host.nvlink + host.nic),
                 "2 (n-1)/n of the bytes through a GPU's NVLink and NIC"});
}

Bound bound_of_ring(const MessageList& ring, Bytes size, const HostLinks& host, Seconds shortest_way) {
  const auto n = static_cast<std::uint32_t>(ring.rounds / 2 + 1);
  const Seconds piece = ring.listed.front().size / std::max(host.nic, host.nvlink);
  return longer(bound_of_all_reduce(n, size, host),
                {ring.rounds * (piece + shortest_way), "2 (n-1) rounds of a piece and the shortest way"});
}

Bound bound_of_exchange(const ExpertExchange& x, const HostLinks& host) {
  const Bytes rails = x.tokens * x.spread.remote_nodes, nvlink = x.tokens * x.spread.nvlink_copies;
  return longer(over_nic(rails, host), over_nvlink(nvlink, host));
}

Loads loads_of(const MessageList& list, const Channels& channels, const PathOf& path_of) {
  Loads loads;
  loads.bytes.assign(channels.size(), 0);
  loads.shortest_latency = std::numeric_limits<std::int64_t>::max();
  std::vector<std::uint32_t> path;
  for (std::size_t i = 0; i < list.size(); ++i) {
    path.clear();
    path_of(i, path);
    const double size = list.at(i).size.base() * list.rounds;
    std::int64_t latency = 0;
    for (const std::uint32_t c : path) {
      loads.bytes[c] += size;
      latency += channels.latencies[c];
    }
    loads.longest_latency = std::max(loads.longest_latency, latency);
    loads.shortest_latency = std::min(loads.shortest_latency, latency);
  }
  for (std::uint32_t c = 0; c < channels.size(); ++c)
    if (const Seconds time = seconds(loads.bytes[c] / channels.capacities[c]);
        loads.bytes[c] > 0 && time > loads.busiest_time) {
      loads.busiest = c;
      loads.busiest_time = time;
    }
  return loads;
}

Seconds time_of_ring(const MessageList& ring, const Channels& channels, const PathOf& path_of) {
  const Loads loads = loads_of(ring, channels, path_of);
  double busiest = 0, way = 0;
  std::vector<std::uint32_t> path;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    path.clear();
    path_of(i, path);
    double alone = 0;
    std::int64_t latency = 0;
    for (const std::uint32_t c : path) {
      busiest = std::max(busiest, loads.bytes[c] / ring.rounds / channels.capacities[c]);
      alone = std::max(alone, ring.at(i).size.base() / channels.capacities[c]);
      latency += channels.latencies[c];
    }
    way += alone + static_cast<double>(latency) * 1e-9;
  }
  return seconds(ring.rounds * std::max(busiest, way / static_cast<double>(ring.size())));
}

Seconds time_of_exchange(const ExpertExchange& x, const HostLinks& host, Seconds latency) {
  const Seconds rails = x.tokens * x.spread.remote_nodes / host.nic,
                nvlink = x.tokens * x.spread.nvlink_copies / host.nvlink;
  return std::max(rails, nvlink) + std::min(rails, nvlink) / x.pieces + latency;
}

}  // namespace foretrain::network
