#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "report/svg.hpp"
#include "report/topology.hpp"
#include "spec/graph_words.hpp"

namespace foretrain::report {
namespace {

using topology::Fabric;
using topology::Link;
using topology::NodeKind;

// As the inside of a quoted text of DOT.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

const std::string& word(NodeKind kind) {
  return spec::node_kind_words[static_cast<std::size_t>(kind)];
}
const std::string& word(topology::LinkKind kind) {
  return spec::link_kind_words[static_cast<std::size_t>(kind)];
}

std::vector<bool> senders(const Fabric& fabric) {
  std::vector<bool> sends(fabric.nodes.size());
  for (const topology::NodeId node : fabric.endpoints) sends[index_of(node)] = true;
  return sends;
}

// Numbers as short as read back to the same double.
constexpr std::string_view graphml_head = R"(<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="k" for="node" attr.name="kind" attr.type="string"/>
  <key id="s" for="node" attr.name="sends" attr.type="boolean"/>
  <key id="l" for="edge" attr.name="kind" attr.type="string"/>
  <key id="c" for="edge" attr.name="capacity_bytes_per_s" attr.type="double"/>
  <key id="t" for="edge" attr.name="latency_s" attr.type="double"/>
  <key id="g" for="graph" attr.name="kind" attr.type="string"/>
)";

}  // namespace

std::string to_graphml(const spec::Network& network) {
  const Fabric& fabric = network.fabric;
  const std::vector<bool> sends = senders(fabric);
  std::string out(graphml_head);
  const auto add = std::back_inserter(out);
  fmt::format_to(add, "  <graph id=\"{}\" edgedefault=\"undirected\">\n    <data key=\"g\">{}</data>\n",
                 escaped(network.name), escaped(fabric.kind));
  for (std::size_t i = 0; i < fabric.nodes.size(); ++i)
    fmt::format_to(add, "    <node id=\"n{}\"><data key=\"k\">{}</data><data key=\"s\">{}</data></node>\n", i,
                   word(fabric.nodes[i]), sends[i]);
  for (const Link& link : fabric.links)
    fmt::format_to(
        add,
        "    <edge source=\"n{}\" target=\"n{}\"><data key=\"l\">{}</data><data key=\"c\">{}</data>"
        "<data key=\"t\">{}</data></edge>\n",
        index_of(link.a), index_of(link.b), word(link.kind), link.capacity.base(), link.latency.base());
  out += "  </graph>\n</graphml>\n";
  return out;
}

std::string to_dot(const spec::Network& network) {
  const Fabric& fabric = network.fabric;
  const std::vector<bool> sends = senders(fabric);
  std::string out = fmt::format("graph \"{}\" {{\n  // gbps: of one direction\n  graph [kind=\"{}\"];\n",
                                quoted(network.name), quoted(fabric.kind));
  const auto add = std::back_inserter(out);
  for (std::size_t i = 0; i < fabric.nodes.size(); ++i)
    fmt::format_to(add, "  n{} [kind=\"{}\", shape={}];\n", i, word(fabric.nodes[i]),
                   sends[i] ? "point" : "box");
  for (const Link& link : fabric.links)
    fmt::format_to(add, "  n{} -- n{} [kind=\"{}\", gbps={:.6g}];\n", index_of(link.a), index_of(link.b),
                   word(link.kind), link.capacity.base() * 8e-9);
  out += "}\n";
  return out;
}

}  // namespace foretrain::report
