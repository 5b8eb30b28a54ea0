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

bool is_up(const Link& link) {
  return link.capacity.base() > 0;
}

// Endpoints that hang on a node by one link are counted there and left out of the graph. Of the others, those
// that do not pass messages on are two vertices: their own, with links inwards, and the one that searches
// begin from, `nodes` further on, with links outwards.
using Graph = boost::compressed_sparse_row_graph<boost::directedS>;

struct Search {
  explicit Search(const Fabric& fabric)
      : nodes(fabric.nodes.size()), on(nodes), hanging(nodes), sends(nodes) {
    std::vector<std::size_t> links(nodes);
    for (const Link& link : fabric.links)
      if (is_up(link)) ++links[index_of(link.a)], ++links[index_of(link.b)];
    for (const NodeId node : fabric.endpoints) sends[index_of(node)] = true;
    const auto hangs = [&](std::size_t i, std::size_t other) {
      return links[i] == 1 && sends[i] && links[other] > 1;
    };
    std::vector<std::pair<std::size_t, std::size_t>> edges;
    for (const Link& link : fabric.links) {
      if (!is_up(link)) continue;
      const std::size_t a = index_of(link.a), b = index_of(link.b);
      if (hangs(a, b))
        on[a] = b + 1, ++hanging[b];
      else if (hangs(b, a))
        on[b] = a + 1, ++hanging[a];
      else
        edges.emplace_back(out(fabric, a), b), edges.emplace_back(out(fabric, b), a);
    }
    graph = Graph(boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(), 2 * nodes);
    visits = static_cast<std::int64_t>(edges.size() + 2 * nodes);
  }
  std::size_t out(const Fabric& fabric, std::size_t node) const {
    return fabric.nodes[node] == NodeKind::endpoint ? node + nodes : node;
  }

  std::size_t nodes;
  Graph graph;
  std::vector<std::size_t> on;        // the node that an endpoint hangs on, and one; 0: it is in the graph
  std::vector<std::int64_t> hanging;  // endpoints on this node
  std::vector<bool> sends;
  std::int64_t visits = 0;  // of one search
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

// Where searches begin, and for how many endpoints each stands: those that hang on one node see the same.
struct Start {
  std::size_t node = 0;
  std::int64_t times = 0;
  bool hangs = false;
};

std::vector<Start> list_starts(const Fabric& fabric, const Search& search,
                               const std::vector<std::uint32_t>& endpoints) {
  std::vector<Start> starts;
  std::vector<std::size_t> seen(fabric.nodes.size());  // a node's start, and one
  for (const std::uint32_t e : endpoints) {
    const std::size_t node = index_of(fabric.endpoints[e]);
    if (search.on[node] == 0) {
      starts.push_back({node, 1, false});
      continue;
    }
    std::size_t& start = seen[search.on[node] - 1];
    if (start == 0) starts.push_back({search.on[node] - 1, 0, true}), start = starts.size();
    ++starts[start - 1].times;
  }
  return starts;
}

struct Totals {
  double links = 0, joined = 0, pairs = 0;
};

void add(const Fabric& fabric, const Search& search, const Start& start, Distances& d, Totals& totals) {
  const auto links = links_from(search, start.hangs ? start.node : search.out(fabric, start.node));
  const std::int64_t own = start.hangs ? 1 : 0;
  std::int64_t sum = 0, joined = 0;
  const auto count = [&](std::int64_t endpoints, std::int64_t away) {
    if (endpoints <= 0) return;
    joined += endpoints;
    sum += endpoints * away;
    d.diameter = std::max(d.diameter, away);
  };
  for (std::size_t i = 0; i < search.nodes; ++i) {
    if (links[i] < 0 && i != start.node) continue;
    const std::int64_t away = i == start.node ? own : links[i] + own;
    if (start.hangs && is_switch(fabric.nodes[i]))
      d.switch_diameter = std::max(d.switch_diameter, away - own);
    count(search.hanging[i] - (start.hangs && i == start.node ? 1 : 0), away + 1);
    if (i != start.node && search.sends[i] && search.on[i] == 0) count(1, away);
  }
  const auto times = static_cast<double>(start.times);
  totals.links += times * static_cast<double>(sum);
  totals.joined += times * static_cast<double>(joined);
  totals.pairs += times * static_cast<double>(fabric.endpoints.size() - 1);
}

}  // namespace

std::string_view name_of(NodeKind kind, std::int64_t number) {
  constexpr std::array<std::string_view, node_kinds> one{"GPU",   "NVSwitch", "NIC",    "leaf",
                                                         "spine", "core",     "router", "endpoint"};
  if (number == 1) return one[static_cast<std::size_t>(kind)];
  constexpr std::array<std::string_view, node_kinds> names{"GPUs",   "NVSwitches", "NICs",    "leaves",
                                                           "spines", "cores",      "routers", "endpoints"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(LinkKind kind, std::int64_t) {
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
  const Search search(fabric);
  std::vector<std::uint32_t> all(fabric.endpoints.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<Start> starts = list_starts(fabric, search, all);
  const auto affordable =
      static_cast<std::size_t>(std::max<std::int64_t>(1, most_visits / (search.visits + 1)));
  if (starts.size() > affordable && !fabric.typical.empty()) {
    starts = list_starts(fabric, search, fabric.typical);
    d.how = Distances::How::by_symmetry;
  }
  if (starts.size() > affordable) {
    std::vector<Start> some;
    for (std::size_t i = 0; i < affordable; ++i) some.push_back(starts[i * starts.size() / affordable]);
    starts = std::move(some);
    d.how = Distances::How::sampled;
  }
  Totals totals;
  for (const Start& start : starts) add(fabric, search, start, d, totals);
  d.searched = static_cast<std::int64_t>(starts.size());
  d.mean = totals.joined > 0 ? totals.links / totals.joined : 0;
  d.joined = totals.pairs > 0 ? totals.joined / totals.pairs : 1;
  return d;
}

}  // namespace foretrain::topology
