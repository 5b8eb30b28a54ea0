#include "topology/topology.hpp"

namespace foretrain::topology {
namespace {

NodeId node_at(std::int64_t i) {
  return id_of<NodeId>(static_cast<std::size_t>(i));
}
std::int64_t first_nic(const Layout& l) {
  return l.gpus + l.domains;
}
std::int64_t first_leaf(const Layout& l) {
  return first_nic(l) + l.nodes * l.nics_per_node;
}
std::int64_t first_spine(const Layout& l) {
  return first_leaf(l) + l.planes * l.leaves_per_plane;
}

}  // namespace

Topology::Topology(Layout layout, std::vector<NodeKind> nodes, std::vector<Link> links) {
  fabric_.kind = layout.rails_joined ? "multi-rail-fat-tree" : "multi-plane-fat-tree";
  fabric_.nodes = std::move(nodes);
  fabric_.links = std::move(links);
  for (std::int64_t gpu = 0; gpu < layout.gpus; ++gpu) fabric_.endpoints.push_back(gpu_id(layout, gpu));
  fabric_.layout = layout;
  // Where leaves and domains are full and no domain lies across leaves, every domain sees what the first
  // does.
  const std::int64_t domain_nodes = layout.gpus_per_domain / layout.gpus_per_node;
  if (layout.gpus % layout.gpus_per_domain == 0 && layout.nodes % layout.ports_down == 0 &&
      layout.ports_down % domain_nodes == 0)
    for (std::uint32_t gpu = 0; gpu < layout.gpus_per_domain; ++gpu) fabric_.typical.push_back(gpu);
  const bool whole_halves = layout.domains % 2 == 0 && layout.gpus % layout.gpus_per_domain == 0;
  if (whole_halves && layout.nodes % (2 * layout.ports_down) == 0) {
    const std::int64_t cut = layout.planes * layout.leaves_per_plane * layout.ports_up / 2;
    fabric_.bisection = {cut, static_cast<double>(cut) * fabric_.links.back().capacity, true,
                         "half of the leaves' uplinks (Leiserson 1985)"};
  }
}

NodeId gpu_id(const Layout&, std::int64_t gpu) {
  return node_at(gpu);
}
NodeId nvswitch_id(const Layout& l, std::int64_t domain) {
  return node_at(l.gpus + domain);
}
NodeId nic_id(const Layout& l, std::int64_t node, std::int64_t rail) {
  return node_at(first_nic(l) + node * l.nics_per_node + rail);
}
NodeId leaf_id(const Layout& l, std::int64_t plane, std::int64_t leaf) {
  return node_at(first_leaf(l) + plane * l.leaves_per_plane + leaf);
}
NodeId spine_id(const Layout& l, std::int64_t plane, std::int64_t spine) {
  return node_at(first_spine(l) + plane * l.spines_per_plane + spine);
}
std::int64_t rail_of(const Layout& l, std::int64_t gpu) {
  return gpu % l.gpus_per_node * l.nics_per_node / l.gpus_per_node;
}

bool changes_rail_first(const Layout& l, std::int64_t from, std::int64_t to) {
  return (!l.rails_joined || l.nvlink_first) && rail_of(l, from) != rail_of(l, to);
}

Counts count(const Topology& topology) {
  Counts c;
  for (const NodeKind kind : topology.nodes()) {
    c.gpus += kind == NodeKind::gpu;
    c.endpoints += kind == NodeKind::nic;
    c.switches += kind == NodeKind::leaf || kind == NodeKind::spine;
  }
  for (const Link& link : topology.links()) c.switch_links += link.kind == LinkKind::leaf_spine;
  return c;
}

}  // namespace foretrain::topology
