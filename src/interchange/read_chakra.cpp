#include <fmt/core.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "base/diagnostic.hpp"
#include "interchange/chakra.hpp"
#include "interchange/chakra.pb.h"
#include "interchange/fair_port.hpp"
#include "interchange/process_groups.hpp"

namespace foretrain::interchange {
namespace {

namespace wire = chakra_wire;

// The messages of a file, one after the other, each behind its length.
class Frames {
 public:
  Frames(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  bool ended() const { return at_ == bytes_.size(); }
  void next(google::protobuf::MessageLite& message, const char* what) {
    const std::size_t begin = at_;
    const std::uint64_t length = varint();
    if (length > bytes_.size() - at_)
      refuse_file(file_,
                  fmt::format("byte {}: {} of {} bytes begins, but only {} are left", begin, what, length,
                              bytes_.size() - at_),
                  "the file was cut off, or it is no Chakra trace");
    const google::protobuf::LogSilencer quiet;  // it would print a line of its own
    if (!message.ParseFromArray(bytes_.data() + at_, static_cast<int>(length)))
      refuse_file(file_, fmt::format("byte {}: {} cannot be read", begin, what), "this is no Chakra trace");
    at_ += length;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 32; shift += 7) {
      if (ended()) refuse_file(file_, "the file ends inside the length of a message", "it was cut off");
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) {
        if (value > 0x7FFFFFFF) break;
        return value;
      }
    }
    refuse_file(file_, fmt::format("byte {}: no length of a message", at_), "this is no Chakra trace");
  }

  std::string_view bytes_;
  const std::string& file_;
  std::size_t at_ = 0;
};

std::optional<std::int64_t> integer(const wire::Attribute& a) {
  switch (a.value_case()) {
    case wire::Attribute::kInt32Value:
      return a.int32_value();
    case wire::Attribute::kInt64Value:
      return a.int64_value();
    case wire::Attribute::kUint32Value:
      return a.uint32_value();
    case wire::Attribute::kUint64Value:
      return static_cast<std::int64_t>(std::min<std::uint64_t>(a.uint64_value(), INT64_MAX));
    case wire::Attribute::kSint32Value:
      return a.sint32_value();
    case wire::Attribute::kSint64Value:
      return a.sint64_value();
    case wire::Attribute::kFixed32Value:
      return a.fixed32_value();
    case wire::Attribute::kFixed64Value:
      return static_cast<std::int64_t>(std::min<std::uint64_t>(a.fixed64_value(), INT64_MAX));
    case wire::Attribute::kSfixed32Value:
      return a.sfixed32_value();
    case wire::Attribute::kSfixed64Value:
      return a.sfixed64_value();
    case wire::Attribute::kBoolValue:
      return a.bool_value() ? 1 : 0;
    case wire::Attribute::kDoubleValue:
    case wire::Attribute::kFloatValue:
    case wire::Attribute::kStringValue:
    case wire::Attribute::kBytesValue:
    case wire::Attribute::VALUE_NOT_SET:
      break;
  }
  return std::nullopt;
}

// One node of the file as a node of the rank, its needs still by id.
class Reading {
 public:
  Reading(const wire::Node& node, const std::string& file) : in_(node), file_(file) {}

  Node read() {
    Node n;
    n.id = in_.id();
    n.name = in_.name();
    n.on_host = number("is_cpu_op", 0) != 0;
    n.work = flops(static_cast<double>(number("num_ops", 0)));
    n.moved = bytes(static_cast<double>(number("tensor_size", 0)));
    n.duration = duration();
    switch (in_.type()) {
      case wire::Node::COMPUTE:
        n.kind = NodeKind::compute;
        read_folded(n);
        break;
      case wire::Node::SEND:
      case wire::Node::RECEIVE:
        read_message(n);
        break;
      case wire::Node::COLLECTIVE:
        if (n.on_host && find("comm_type") == nullptr)
          break;  // PyTorch's call; the kernel is a node of its own
        read_collective(n);
        break;
      default:
        n.kind = NodeKind::compute;  // metadata and memory nodes: nothing but their duration
    }
    return n;
  }

 private:
  const wire::Attribute* find(const char* name) const {
    for (const auto& a : in_.attributes())
      if (a.name() == name) return &a;
    return nullptr;
  }
  [[noreturn]] void fault(const std::string& what) const {
    refuse_file(file_, fmt::format("node {} ({}): {}", in_.id(), in_.name(), what));
  }
  std::int64_t number(const char* name, std::optional<std::int64_t> otherwise) const {
    const auto* a = find(name);
    if (a == nullptr) {
      if (!otherwise) fault(fmt::format("{} is missing", name));
      return *otherwise;
    }
    const auto value = integer(*a);
    if (!value) fault(fmt::format("{} is no whole number", name));
    if (*value < 0) fault(fmt::format("{} is {}, below 0", name, *value));
    return *value;
  }
  std::uint32_t small(const char* name, std::optional<std::int64_t> otherwise) const {
    const auto value = number(name, otherwise);
    if (value > UINT32_MAX - 1) fault(fmt::format("{} is {}, more than 32 bits hold", name, value));
    return static_cast<std::uint32_t>(value);
  }

  sim::Ticks duration() const {
    constexpr std::int64_t most = FairPort::longest.count();
    const auto micros = in_.duration_micros();
    if (micros > static_cast<std::uint64_t>(most / 1000))
      fault(fmt::format("it takes {} us, more than 1,000 s", micros));
    const auto nanos = number("foretrain_duration_ns", static_cast<std::int64_t>(micros) * 1000);
    if (nanos > most) fault(fmt::format("it takes {} ns, more than 1,000 s", nanos));
    return sim::Ticks{nanos};
  }

  Collective collective(std::int64_t value) const {
    if (value >= static_cast<std::int64_t>(collective_kinds))
      fault(fmt::format("comm_type {} is no collective; they are 0 to {}", value, collective_kinds - 1));
    return static_cast<Collective>(value);
  }

  void read_folded(Node& n) const {
    if (find("foretrain_folded") == nullptr) return;
    n.folded = true;
    n.collective = collective(number("foretrain_folded", {}));
    n.size = bytes(static_cast<double>(number("comm_size", {})));
  }
  void read_message(Node& n) const {
    const bool sends = in_.type() == wire::Node::SEND;
    n.kind = sends ? NodeKind::send : NodeKind::receive;
    n.size = bytes(static_cast<double>(number("comm_size", {})));
    n.peer = small(sends ? "comm_dst" : "comm_src", {});
    n.tag = small("comm_tag", 0);
    if (!sends) {
      n.duration = {};
      return;
    }
    n.wire = std::min(n.duration, sim::Ticks{number("foretrain_wire_ns", n.duration.count())});
  }
  void read_collective(Node& n) const {
    n.kind = NodeKind::collective;
    n.collective = collective(number("comm_type", {}));
    n.size = bytes(static_cast<double>(number("comm_size", {})));
    const auto* name = find("pg_name");
    if (name == nullptr || name->string_value().empty()) return;
    const std::string& text = name->string_value();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n.group);
    if (error != std::errc{} || end != text.data() + text.size() || n.group == UINT32_MAX)
      fault(fmt::format("pg_name '{}' is no number", text.substr(0, 40)));
  }

  const wire::Node& in_;
  const std::string& file_;
};

bool is_note(const wire::Node& node) {
  return node.type() == wire::Node::METADATA && node.data_needs().empty() && node.duration_micros() == 0;
}

void add_needed(std::vector<Node> notes, std::vector<std::vector<std::uint64_t>>& needs,
                std::vector<Node>& nodes) {
  std::set<std::uint64_t> ids;
  for (const Node& note : notes) ids.insert(note.id);
  std::set<std::uint64_t> needed;
  for (const auto& list : needs)
    for (const auto need : list)
      if (ids.count(need) > 0) needed.insert(need);
  for (Node& note : notes) {
    if (needed.count(note.id) == 0) continue;
    nodes.push_back(std::move(note));
    needs.emplace_back();
  }
}

void resolve(const std::vector<std::vector<std::uint64_t>>& needs, const std::string& file,
             std::vector<Node>& nodes) {
  std::map<std::uint64_t, std::uint32_t> places;
  for (std::uint32_t i = 0; i < nodes.size(); ++i)
    if (!places.emplace(nodes[i].id, i).second)
      refuse_file(file, fmt::format("two nodes have the id {}", nodes[i].id));
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const auto need : needs[i]) {
      const auto found = places.find(need);
      if (found == places.end())
        refuse_file(file, fmt::format("node {} ({}) needs node {}, which does not exist", nodes[i].id,
                                      nodes[i].name, need));
      nodes[i].needs.push_back(found->second);
    }
    std::sort(nodes[i].needs.begin(), nodes[i].needs.end());
    nodes[i].needs.erase(std::unique(nodes[i].needs.begin(), nodes[i].needs.end()), nodes[i].needs.end());
  }
}

}  // namespace

std::vector<Node> read_chakra(std::string_view bytes, const std::string& file, Groups& groups) {
  if (bytes.empty()) refuse_file(file, "the file is empty", "a Chakra trace begins with its metadata");
  if (bytes.substr(0, 2) == "\x1f\x8b") refuse_file(file, "the file is packed with gzip", "unpack it first");
  Frames frames(bytes, file);
  wire::Header header;
  frames.next(header, "the metadata");
  std::vector<Node> nodes;
  std::vector<std::vector<std::uint64_t>> needs;
  std::vector<Node> notes;  // metadata: left out, unless a node needs it
  while (!frames.ended()) {
    wire::Node node;
    frames.next(node, "a node");
    if (node.type() == wire::Node::METADATA && !read_metadata(node.inputs().values(), groups))
      refuse_file(file,
                  fmt::format("node {} ({}): its process groups cannot be read", node.id(), node.name()));
    nodes.push_back(Reading(node, file).read());
    if (is_note(node)) {
      notes.push_back(std::move(nodes.back()));
      nodes.pop_back();
      continue;
    }
    needs.emplace_back(node.data_needs().begin(), node.data_needs().end());
  }
  add_needed(std::move(notes), needs, nodes);
  resolve(needs, file, nodes);
  return nodes;
}

}  // namespace foretrain::interchange
