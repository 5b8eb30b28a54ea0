#include "topology/route.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>

#include <algorithm>
#include <utility>

namespace foretrain::topology {
namespace {

LinkId link_at(std::int64_t i) {
  return id_of<LinkId>(static_cast<std::size_t>(i));
}

// The cable between a leaf and a spine of a plane that serves destination endpoint `d`. A leaf's uplink u
// goes to spine (leaf * ports_up + u) mod spines (build.cpp), so its cables to one spine lie `spines` apart.
LinkId cable(const Layout& l, std::int64_t plane, std::int64_t leaf, std::int64_t spine, std::int64_t d) {
  const std::int64_t spines = l.spines_per_plane, first_up = leaf * l.ports_up;
  const std::int64_t offset = ((spine - first_up) % spines + spines) % spines;
  const std::int64_t cables = (l.ports_up - offset + spines - 1) / spines;
  const std::int64_t up = first_up + offset + d / spines % cables * spines;
  return link_at(2 * l.gpus + l.nodes * l.nics_per_node + plane * l.leaves_per_plane * l.ports_up + up);
}

void cross_node(std::int64_t from, std::int64_t to, std::vector<Step>& steps) {
  steps.push_back({link_at(from), true});
  steps.push_back({link_at(to), false});
}

// From the NIC of one GPU to the NIC of another on the same plane.
void cross_fabric(const Layout& l, std::int64_t from, std::int64_t to, std::vector<Step>& steps) {
  const std::int64_t node_a = from / l.gpus_per_node, node_b = to / l.gpus_per_node;
  const std::int64_t rail_a = rail_of(l, from), rail_b = rail_of(l, to);
  const std::int64_t plane = l.rails_joined ? 0 : rail_a;
  const std::int64_t a = l.rails_joined ? rail_a * l.nodes + node_a : node_a;
  const std::int64_t b = l.rails_joined ? rail_b * l.nodes + node_b : node_b;
  const std::int64_t leaf_a = a / l.ports_down, leaf_b = b / l.ports_down;
  steps.push_back({link_at(l.gpus + from), true});
  steps.push_back({link_at(2 * l.gpus + node_a * l.nics_per_node + rail_a), true});
  if (leaf_a != leaf_b) {
    const std::int64_t spine = b % l.spines_per_plane;
    steps.push_back({cable(l, plane, leaf_a, spine, b), true});
    steps.push_back({cable(l, plane, leaf_b, spine, b), false});
  }
  steps.push_back({link_at(2 * l.gpus + node_b * l.nics_per_node + rail_b), false});
  steps.push_back({link_at(l.gpus + to), false});
}

}  // namespace

std::vector<Bandwidth> list_channels(const Fabric& fabric) {
  std::vector<Bandwidth> all;
  for (const Link& link : fabric.links) all.insert(all.end(), 2, link.capacity);
  return all;
}

std::vector<Step> route(const Topology& topology, std::int64_t gpu_from, std::int64_t gpu_to) {
  const Layout& l = topology.layout();
  std::vector<Step> steps;
  if (gpu_from == gpu_to) return steps;
  const std::int64_t node = gpu_from / l.gpus_per_node;
  if (gpu_from / l.gpus_per_domain == gpu_to / l.gpus_per_domain) {
    cross_node(gpu_from, gpu_to, steps);
    return steps;
  }
  std::int64_t sender = gpu_from;
  if (changes_rail_first(l, gpu_from, gpu_to)) {
    sender = node * l.gpus_per_node + gpu_to % l.gpus_per_node;
    cross_node(gpu_from, sender, steps);
  }
  cross_fabric(l, sender, gpu_to, steps);
  return steps;
}

std::vector<Step> search_route(const Fabric& fabric, NodeId from, NodeId to) {
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                                      boost::property<boost::edge_index_t, std::size_t>>;
  using Edge = boost::graph_traits<Graph>::edge_descriptor;
  Graph graph(fabric.nodes.size());
  for (std::size_t i = 0; i < fabric.links.size(); ++i)
    boost::add_edge(index_of(fabric.links[i].a), index_of(fabric.links[i].b), i, graph);
  std::vector<std::pair<bool, Edge>> into(fabric.nodes.size());  // the tree edge by which a node was reached
  struct Recorder : boost::default_bfs_visitor {
    explicit Recorder(std::vector<std::pair<bool, Edge>>& list) : reached(list) {}
    void tree_edge(Edge e, const Graph& g) const { reached[boost::target(e, g)] = {true, e}; }
    std::vector<std::pair<bool, Edge>>& reached;
  };
  boost::breadth_first_search(graph, index_of(from), boost::visitor(Recorder(into)));
  std::vector<Step> steps;
  for (std::size_t at = index_of(to); at != index_of(from);) {
    if (!into[at].first) return {};
    const std::size_t link = boost::get(boost::edge_index, graph, into[at].second);
    const bool from_a = index_of(fabric.links[link].b) == at;
    steps.push_back({link_at(static_cast<std::int64_t>(link)), from_a});
    at = index_of(from_a ? fabric.links[link].a : fabric.links[link].b);
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

}  // namespace foretrain::topology
