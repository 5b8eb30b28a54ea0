#include <fmt/core.h>

#include <cmath>
#include <set>

#include "interchange/chakra.hpp"
#include "interchange/chakra.pb.h"
#include "interchange/process_groups.hpp"

namespace foretrain::interchange {
namespace {

namespace wire = chakra_wire;

void append(const google::protobuf::MessageLite& message, std::string& out) {
  std::size_t length = message.ByteSizeLong();
  while (length >= 0x80) {
    out.push_back(static_cast<char>(length | 0x80U));
    length >>= 7U;
  }
  out.push_back(static_cast<char>(length));
  message.AppendToString(&out);
}

wire::Attribute& attribute(wire::Node& node, const char* name) {
  auto& added = *node.add_attributes();
  added.set_name(name);
  return added;
}

std::uint64_t whole(double value) {
  return static_cast<std::uint64_t>(std::llround(value));
}

void add_kind(const Node& n, std::uint32_t rank, wire::Node& out) {
  const auto size = [&] { attribute(out, "comm_size").set_int64_value(std::llround(n.size.base())); };
  const auto peer = [&](const char* name, std::uint32_t of) {
    attribute(out, name).set_int32_value(static_cast<std::int32_t>(of));
  };
  switch (n.kind) {
    case NodeKind::compute:
      out.set_type(wire::Node::COMPUTE);
      attribute(out, "num_ops").set_int64_value(std::llround(n.work.base()));
      attribute(out, "tensor_size").set_uint64_value(whole(n.moved.base()));
      if (n.folded) {
        attribute(out, "foretrain_folded").set_int64_value(static_cast<std::int64_t>(n.collective));
        size();
      }
      return;
    case NodeKind::send:
    case NodeKind::receive:
      out.set_type(n.kind == NodeKind::send ? wire::Node::SEND : wire::Node::RECEIVE);
      size();
      peer("comm_src", n.kind == NodeKind::send ? rank : n.peer);
      peer("comm_dst", n.kind == NodeKind::send ? n.peer : rank);
      peer("comm_tag", n.tag);
      if (n.kind == NodeKind::send)
        attribute(out, "foretrain_wire_ns").set_uint64_value(static_cast<std::uint64_t>(n.wire.count()));
      return;
    case NodeKind::collective:
      out.set_type(wire::Node::COLLECTIVE);
      attribute(out, "comm_type").set_int64_value(static_cast<std::int64_t>(n.collective));
      size();
      if (n.group != world) attribute(out, "pg_name").set_string_value(fmt::format("{}", n.group));
      return;
  }
}

void add_groups(const std::vector<Node>& nodes, const Groups& groups, std::string& out) {
  std::set<std::uint32_t> named;
  for (const Node& n : nodes)
    if (n.kind == NodeKind::collective && n.group != world) named.insert(n.group);
  if (named.empty()) return;
  wire::Node node;
  node.set_name("## process_group:init ##");
  node.set_type(wire::Node::METADATA);
  node.mutable_inputs()->set_values(to_metadata(groups, named));
  append(node, out);
}

}  // namespace

std::string to_chakra(const std::vector<Node>& nodes, std::uint32_t rank, const Groups& groups) {
  std::string out;
  wire::Header header;
  header.set_version("0.0.4");
  auto& rank_text = *header.add_attributes();
  rank_text.set_name("foretrain_rank");
  rank_text.set_uint64_value(rank);
  append(header, out);
  add_groups(nodes, groups, out);
  std::int64_t sum = 0;  // of durations, in nanoseconds
  for (const Node& n : nodes) {
    wire::Node node;
    node.set_id(n.id);
    node.set_name(n.name);
    for (const auto need : n.needs) node.add_data_needs(nodes[need].id);
    const std::int64_t before = (sum + 500) / 1000;
    sum += n.duration.count();
    node.set_duration_micros(static_cast<std::uint64_t>((sum + 500) / 1000 - before));
    attribute(node, "is_cpu_op").set_bool_value(n.on_host);
    if (n.kind != NodeKind::receive)
      attribute(node, "foretrain_duration_ns")
          .set_uint64_value(static_cast<std::uint64_t>(n.duration.count()));
    add_kind(n, rank, node);
    append(node, out);
  }
  return out;
}

}  // namespace foretrain::interchange
