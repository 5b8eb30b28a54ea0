#include "topology/build.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace foretrain::topology {
namespace {

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

// The first reason why the cluster cannot be wired, or "".
std::string refusal(const ClusterSpec& c) {
  const FabricSpec& f = c.fabric;
  if (c.gpus < 1 || c.gpus_per_node < 1 || c.nics_per_node < 1) return "a cluster needs GPUs, nodes and NICs";
  if (c.gpus % c.gpus_per_node != 0)
    return fmt::format("{} GPUs do not fill nodes of {}", c.gpus, c.gpus_per_node);
  if (c.gpus_per_node % c.nics_per_node != 0)
    return fmt::format("{} NICs cannot be shared evenly by {} GPUs of a node", c.nics_per_node,
                       c.gpus_per_node);
  if (f.levels != 2)
    return fmt::format("a fat tree of {} is not modelled, only 2 levels",
                       f.levels == 1 ? "one level" : fmt::format("{} levels", f.levels));
  if (f.switch_ports < 2 || (f.oversubscription == 1 && f.switch_ports % 2 != 0))
    return fmt::format("a switch of {} ports has no equal halves up and down", f.switch_ports);
  if (f.oversubscription < 1)
    return fmt::format("an oversubscription of {} would leave uplinks idle", f.oversubscription);
  if (c.nvlink_gpus() % c.gpus_per_node != 0)
    return fmt::format("NVLink domains of {} GPUs do not hold whole nodes of {}", c.nvlink_gpus(),
                       c.gpus_per_node);
  const bool joined = f.kind == FabricSpec::Kind::multi_rail_fat_tree;
  if (!joined && f.planes != c.nics_per_node)
    return fmt::format("{} planes need {} NICs a node, there are {}", f.planes, f.planes, c.nics_per_node);
  const std::int64_t endpoints = c.gpus / c.gpus_per_node * (joined ? c.nics_per_node : 1);
  const std::int64_t limit = f.switch_ports * ports_down(f);
  if (endpoints > limit)
    return fmt::format("{} endpoints a plane exceed the {} that two layers of {}-port switches join",
                       endpoints, limit, f.switch_ports);
  return "";
}

Layout layout_of(const ClusterSpec& c) {
  Layout l;
  l.rails_joined = c.fabric.kind == FabricSpec::Kind::multi_rail_fat_tree;
  l.gpus = c.gpus;
  l.gpus_per_node = c.gpus_per_node;
  l.nodes = c.gpus / c.gpus_per_node;
  l.nics_per_node = c.nics_per_node;
  l.planes = l.rails_joined ? 1 : c.fabric.planes;
  l.endpoints_per_plane = l.nodes * (l.rails_joined ? l.nics_per_node : 1);
  l.gpus_per_domain = std::min(c.nvlink_gpus(), c.gpus);
  l.domains = divide_up(c.gpus, l.gpus_per_domain);
  l.ports_down = ports_down(c.fabric);
  l.ports_up = c.fabric.switch_ports - l.ports_down;
  l.leaves_per_plane = divide_up(l.endpoints_per_plane, l.ports_down);
  if (l.leaves_per_plane > 1)
    l.spines_per_plane = divide_up(l.leaves_per_plane * l.ports_up, c.fabric.switch_ports);
  return l;
}

std::vector<NodeKind> list_nodes(const Layout& l) {
  std::vector<NodeKind> nodes;
  const auto add = [&](std::int64_t n, NodeKind kind) {
    nodes.insert(nodes.end(), static_cast<std::size_t>(n), kind);
  };
  add(l.gpus, NodeKind::gpu);
  add(l.domains, NodeKind::nvswitch);
  add(l.nodes * l.nics_per_node, NodeKind::nic);
  add(l.planes * l.leaves_per_plane, NodeKind::leaf);
  add(l.planes * l.spines_per_plane, NodeKind::spine);
  return nodes;
}

// The order is part of the contract with route.cpp: NVLink by GPU, PCIe by GPU, NIC by node and rail, then
// every leaf's uplinks. Uplinks go round the spines without a break between leaves, so that no spine gets
// more than its ports even where the leaves do not divide evenly.
std::vector<Link> list_links(const Layout& l, const LinkRates& rates) {
  std::vector<Link> links;
  for (std::int64_t g = 0; g < l.gpus; ++g)
    links.push_back({gpu_id(l, g), nvswitch_id(l, g / l.gpus_per_domain), LinkKind::nvlink, rates.nvlink,
                     rates.latency.nvlink});
  for (std::int64_t g = 0; g < l.gpus; ++g)
    links.push_back({gpu_id(l, g), nic_id(l, g / l.gpus_per_node, rail_of(l, g)), LinkKind::pcie, rates.pcie,
                     rates.latency.pcie});
  for (std::int64_t node = 0; node < l.nodes; ++node)
    for (std::int64_t rail = 0; rail < l.nics_per_node; ++rail) {
      const std::int64_t plane = l.rails_joined ? 0 : rail;
      const std::int64_t endpoint = l.rails_joined ? rail * l.nodes + node : node;
      links.push_back({nic_id(l, node, rail), leaf_id(l, plane, endpoint / l.ports_down), LinkKind::nic,
                       rates.nic, rates.latency.nic});
    }
  if (l.spines_per_plane == 0) return links;
  for (std::int64_t plane = 0; plane < l.planes; ++plane)
    for (std::int64_t up = 0; up < l.leaves_per_plane * l.ports_up; ++up)
      links.push_back({leaf_id(l, plane, up / l.ports_up), spine_id(l, plane, up % l.spines_per_plane),
                       LinkKind::leaf_spine, rates.leaf_spine, rates.latency.leaf_spine});
  return links;
}

}  // namespace

tl::expected<Topology, std::string> build(const ClusterSpec& cluster, const LinkRates& rates) {
  if (std::string reason = refusal(cluster); !reason.empty()) return tl::unexpected(std::move(reason));
  const Layout layout = layout_of(cluster);
  return Topology(layout, list_nodes(layout), list_links(layout, rates));
}

}  // namespace foretrain::topology
