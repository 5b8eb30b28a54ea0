#include "topology/measure.hpp"

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace foretrain::topology {
namespace {

bool is_switch(NodeKind kind) {
  return kind == NodeKind::leaf || kind == NodeKind::spine || kind == NodeKind::core ||
         kind == NodeKind::router;
}

// Messages leave an endpoint but do not pass through it, so an endpoint is two vertices: its own, with links
// inwards, and the one that searches begin from, `nodes` further on, with links outwards.
using Graph = boost::compressed_sparse_row_graph<boost::directedS>;

struct Search {
  explicit Search(const Fabric& fabric) : nodes(fabric.nodes.size()), endpoints_at(nodes) {
    std::vector<std::pair<std::size_t, std::size_t>> edges;
    for (const Link& link : fabric.links) {
      if (!(link.capacity.base() > 0)) continue;
      const std::size_t a = index_of(link.a), b = index_of(link.b);
      edges.emplace_back(out(fabric, a), b);
      edges.emplace_back(out(fabric, b), a);
    }
    graph = Graph(boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(), 2 * nodes);
    for (const NodeId node : fabric.endpoints) ++endpoints_at[index_of(node)];
  }
  std::size_t out(const Fabric& fabric, std::size_t node) const {
    return fabric.nodes[node] == NodeKind::endpoint ? node + nodes : node;
  }

  std::size_t nodes;
  Graph graph;
  std::vector<std::int64_t> endpoints_at;  // by node, 0 or 1
};

// The links from a node to each other one; -1 where there is no way.
std::vector<std::int32_t> links_from(const Search& search, std::size_t start) {
  std::vector<std::int32_t> links(2 * search.nodes, -1);
  struct Recorder : boost::default_bfs_visitor {
    explicit Recorder(std::vector<std::int32_t>& list) : links(list) {}
    void tree_edge(Graph::edge_descriptor e, const Graph& g) const {
      links[boost::target(e, g)] = links[boost::source(e, g)] + 1;
    }
    std::vector<std::int32_t>& links;
  };
  links[start] = 0;
  boost::breadth_first_search(search.graph, start, boost::visitor(Recorder(links)));
  return links;
}

// Endpoints with the same neighbour and one link each see the same, so one search serves all of them.
struct Start {
  std::size_t node = 0;
  std::int64_t times = 0;
  bool hangs = false;  // on a switch, by one link
};

std::vector<Start> list_starts(const Fabric& fabric, const std::vector<std::uint32_t>& endpoints) {
  std::vector<std::size_t> links(fabric.nodes.size()), neighbour(fabric.nodes.size());
  for (const Link& link : fabric.links) {
    if (!(link.capacity.base() > 0)) continue;
    ++links[index_of(link.a)], ++links[index_of(link.b)];
    neighbour[index_of(link.a)] = index_of(link.b), neighbour[index_of(link.b)] = index_of(link.a);
  }
  std::vector<Start> starts;
  std::vector<std::size_t> seen(fabric.nodes.size());  // a switch's start, and one
  for (const std::uint32_t e : endpoints) {
    const std::size_t node = index_of(fabric.endpoints[e]);
    if (links[node] != 1) {
      starts.push_back({node, 1, false});
      continue;
    }
    std::size_t& start = seen[neighbour[node]];
    if (start == 0) starts.push_back({node, 0, true}), start = starts.size();
    ++starts[start - 1].times;
  }
  return starts;
}

}  // namespace

std::string_view name_of(NodeKind kind) {
  constexpr std::array<std::string_view, node_kinds> names{"GPUs",   "NVSwitches", "NICs",    "leaves",
                                                           "spines", "cores",      "routers", "endpoints"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(LinkKind kind) {
  constexpr std::array<std::string_view, link_kinds> names{
      "NVLink", "PCIe",   "endpoint to switch", "leaf to spine", "spine to core",
      "local",  "global", "neighbours"};
  return names[static_cast<std::size_t>(kind)];
}

FabricCounts count(const Fabric& fabric) {
  FabricCounts c;
  std::vector<bool> sends(fabric.nodes.size());
  for (const NodeId node : fabric.endpoints) sends[index_of(node)] = true;
  std::vector<std::int64_t> ports(fabric.nodes.size());
  c.endpoints = static_cast<std::int64_t>(fabric.endpoints.size());
  for (const Link& link : fabric.links) {
    ++c.links[static_cast<std::size_t>(link.kind)];
    ++ports[index_of(link.a)], ++ports[index_of(link.b)];
    c.trunks += is_switch(fabric.nodes[index_of(link.a)]) && is_switch(fabric.nodes[index_of(link.b)]);
  }
  c.links_in_all = static_cast<std::int64_t>(fabric.links.size());
  for (std::size_t i = 0; i < fabric.nodes.size(); ++i) {
    ++c.nodes[static_cast<std::size_t>(fabric.nodes[i])];
    if (!is_switch(fabric.nodes[i]) || sends[i]) continue;
    c.fewest_ports = c.switches == 0 ? ports[i] : std::min(c.fewest_ports, ports[i]);
    c.most_ports = std::max(c.most_ports, ports[i]);
    ++c.switches;
  }
  return c;
}

Distances measure_distances(const Fabric& fabric, std::int64_t most_visits) {
  Distances d;
  std::vector<std::uint32_t> all(fabric.endpoints.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  const auto visits = static_cast<std::int64_t>(2 * fabric.links.size() + 1);
  std::vector<Start> starts = list_starts(fabric, all);
  const auto affordable = static_cast<std::size_t>(std::max<std::int64_t>(1, most_visits / visits));
  if (starts.size() > affordable && !fabric.typical.empty()) {
    starts = list_starts(fabric, fabric.typical);
    d.how = Distances::How::by_symmetry;
  }
  if (starts.size() > affordable) {
    std::vector<Start> some;
    for (std::size_t i = 0; i < affordable; ++i) some.push_back(starts[i * starts.size() / affordable]);
    starts = std::move(some);
    d.how = Distances::How::sampled;
  }
  const Search search(fabric);
  double sum = 0, joined = 0, pairs = 0;
  for (const Start& start : starts) {
    const auto links = links_from(search, search.out(fabric, start.node));
    std::int64_t here = 0, total = 0;
    for (std::size_t i = 0; i < search.nodes; ++i) {
      if (start.hangs && is_switch(fabric.nodes[i]))
        d.switch_diameter = std::max<std::int64_t>(d.switch_diameter, links[i] - 1);
      if (search.endpoints_at[i] == 0 || links[i] <= 0 || i == start.node) continue;
      ++here;
      total += links[i];
      d.diameter = std::max<std::int64_t>(d.diameter, links[i]);
    }
    const auto times = static_cast<double>(start.times);
    sum += times * static_cast<double>(total);
    joined += times * static_cast<double>(here);
    pairs += times * static_cast<double>(fabric.endpoints.size() - 1);
  }
  d.searched = static_cast<std::int64_t>(starts.size());
  d.mean = joined > 0 ? sum / joined : 0;
  d.joined = pairs > 0 ? joined / pairs : 1;
  return d;
}

}  // namespace foretrain::topology
