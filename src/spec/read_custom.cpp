// A network written out: its nodes and its links, one by one.
//
//   nodes: [{name: a, kind: endpoint}, {name: s, kind: leaf}]
//   links: [{from: a, to: s, rate: 400 Gbps, latency: 0.5 us, kind: nic, count: 2}]   from rate on all
//   optional rate, latency: what a link that says nothing has; source: where the wiring is from

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "spec/read_network.hpp"

namespace foretrain::spec {

using topology::LinkKind;
using topology::NodeId;
using topology::NodeKind;

const std::vector<std::string> node_kind_words{"gpu",   "nvswitch", "nic",    "leaf",
                                               "spine", "core",     "router", "endpoint"};
const std::vector<std::string> link_kind_words{"nvlink",     "pcie",  "nic",    "leaf-spine",
                                               "spine-core", "local", "global", "mesh"};

std::vector<NodeId> default_endpoints(const std::vector<NodeKind>& nodes) {
  for (const NodeKind sends : {NodeKind::endpoint, NodeKind::gpu, NodeKind::router}) {
    std::vector<NodeId> list;
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (nodes[i] == sends) list.push_back(id_of<NodeId>(i));
    if (!list.empty()) return list;
  }
  return {};
}

LinkKind default_kind(NodeKind a, NodeKind b) {
  const auto joins = [&](NodeKind x, NodeKind y) { return (a == x && b == y) || (a == y && b == x); };
  if (a == NodeKind::nvswitch || b == NodeKind::nvswitch || joins(NodeKind::gpu, NodeKind::gpu))
    return LinkKind::nvlink;
  if (joins(NodeKind::gpu, NodeKind::nic)) return LinkKind::pcie;
  if (joins(NodeKind::leaf, NodeKind::spine)) return LinkKind::leaf_spine;
  if (joins(NodeKind::spine, NodeKind::core)) return LinkKind::spine_core;
  for (const NodeKind end : {NodeKind::endpoint, NodeKind::nic, NodeKind::gpu})
    if (a == end || b == end) return LinkKind::nic;
  return LinkKind::mesh;
}

namespace {

using Names = std::map<std::string, NodeId>;

const Node* list_of(Reader& reader, const std::string& name, const std::string& meaning) {
  const auto* entry = reader.required(name, meaning);
  if (entry == nullptr) return nullptr;
  if (entry->value.kind == Node::Kind::sequence) return &entry->value;
  reader.context().error(entry->value.where, fmt::format("{} must be a list", name), meaning);
  return nullptr;
}

void read_nodes(Reader& reader, Network& network, Names& names) {
  const Node* list = list_of(reader, "nodes", "[{name: a, kind: endpoint}, {name: s, kind: leaf}, ...]");
  if (list == nullptr) return;
  for (const Node& item : list->items) {
    Reader node(reader.context(), item, "nodes", item.where);
    const std::string name = node.text("name", "what links call this node");
    const std::size_t kind = node.choice("kind", node_kind_words, "what the node is");
    node.finish();
    const auto id = id_of<NodeId>(network.fabric.nodes.size());
    network.fabric.nodes.push_back(static_cast<NodeKind>(kind));
    if (!name.empty() && !names.emplace(name, id).second)
      reader.context().error(item.where, fmt::format("a second node is named {}", in_quotes(name)),
                             "each node needs a name of its own");
  }
}

std::optional<NodeId> end_of(Reader& link, const std::string& name, const Names& names) {
  const std::string said = link.text(name, "the name of a node");
  if (said.empty()) return std::nullopt;
  if (const auto found = names.find(said); found != names.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [node, id] : names)
    if (known.size() < 1000) known.push_back(node);
  link.context().error(
      link.node().find(name)->value.where, fmt::format("no node is named {}", in_quotes(said)),
      known.size() > 12 && suggest(said, known).starts_with("known") ? "" : suggest(said, known));
  return std::nullopt;
}

struct Defaults {
  bool has_rate = false;  // stated, right or wrong
  double rate = 0, latency = 0;
};

void read_link(Reader& link, const Defaults& defaults, const Names& names, Network& network) {
  const auto from = end_of(link, "from", names), to = end_of(link, "to", names);
  topology::Link made;
  made.capacity = Bandwidth::from_base(
      defaults.has_rate && !link.has("rate")
          ? defaults.rate
          : link.measure("rate", Measure::bandwidth, "one direction; or one rate for all beside the lists",
                         link_rate()));
  made.latency = seconds(link.has("latency") ? link.measure("latency", Measure::time, "", link_latency())
                                             : (link.optional("latency"), defaults.latency));
  const std::int64_t count =
      link.has("count") ? link.integer("count", "parallel cables", {1, 4096}) : (link.optional("count"), 1);
  std::optional<LinkKind> kind;
  if (link.has("kind"))
    kind = static_cast<LinkKind>(link.choice("kind", link_kind_words, "what sort of link"));
  else
    link.optional("kind");
  link.finish();
  if (!from || !to) return;
  if (*from == *to) {
    link.context().error(link.where(), "a link joins a node with itself", "from and to must differ");
    return;
  }
  made.a = *from, made.b = *to;
  const auto& nodes = network.fabric.nodes;
  made.kind = kind ? *kind : default_kind(nodes[index_of(made.a)], nodes[index_of(made.b)]);
  network.fabric.links.insert(network.fabric.links.end(), static_cast<std::size_t>(count), made);
}

}  // namespace

void read_custom(Reader& reader, Network& network) {
  network.fabric.kind = "custom";
  network.source = reader.text("source", "where the wiring and the rates come from");
  Defaults defaults;
  if (reader.optional("rate") != nullptr)
    defaults = {true, reader.measure("rate", Measure::bandwidth, "of links that say none", link_rate()), 0};
  if (reader.optional("latency") != nullptr)
    defaults.latency = reader.measure("latency", Measure::time, "of links that say none", link_latency());
  Names names;
  read_nodes(reader, network, names);
  if (const Node* list = list_of(reader, "links", "[{from: a, to: s, rate: 400 Gbps}, ...]"); list != nullptr)
    for (const Node& item : list->items) {
      Reader link(reader.context(), item, "links", item.where);
      read_link(link, defaults, names, network);
    }
  network.fabric.endpoints = default_endpoints(network.fabric.nodes);
  if (network.fabric.endpoints.empty() && reader.context().error_count() == 0)
    reader.context().error(reader.where(), "no node sends or receives",
                           "give some nodes the kind endpoint (or gpu, or router)");
}

}  // namespace foretrain::spec
