// A network from GraphML (Brandes et al., "GraphML Progress Report", GD 2001), as `foretrain topology
// --graphml` writes it and as other tools write graphs. Understood of nodes: kind, sends; of edges: kind,
// capacity_bytes_per_s, latency_s; other data is passed over. What is missing comes from the file that names
// the graph (rate, latency), or by the graph itself: a node with one link is an endpoint, others are routers.

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "spec/read_network.hpp"
#include "spec/text_file.hpp"
#include "spec/xml.hpp"

namespace foretrain::spec {
namespace {

using topology::Link;
using topology::LinkKind;
using topology::NodeId;
using topology::NodeKind;

struct Datum {
  std::string text;
  Where where;
};
using Data = std::map<std::string, Datum>;  // by attr.name

struct Part {  // a node or an edge as written
  std::string id, from, to;
  Where where;
  Data data;
};
struct Raw {
  std::vector<Part> nodes, edges;
  Data graph;
};

// Collects the file's elements before any of them is judged.
class Gatherer {
 public:
  Gatherer(Context& context, int file, const std::string& text)
      : context_(context), events_(read_xml(context, file, text)), start_{file, 1, 1} {}

  Raw gather() {
    if (!events_) return {};
    for (const XmlEvent& event : *events_) {
      if (event.kind == XmlEvent::Kind::opened)
        open(event);
      else if (event.kind == XmlEvent::Kind::text)
        say(event);
      else if (event.name == "data")
        key_.clear();
      else if (event.name == "node" || event.name == "edge")
        owner_ = &raw_.graph;
    }
    if (graphs_ != 1)
      context_.error(start_, fmt::format("the file holds {} graphs, expected one", graphs_),
                     "is it GraphML?");
    return std::move(raw_);
  }

 private:
  void open(const XmlEvent& event) {
    if (event.name == "key") {
      if (const auto* id = event.find("id"), *name = event.find("attr.name");
          id != nullptr && name != nullptr)
        names_[*id] = *name;
    } else if (event.name == "data") {
      const std::string key = required(event, "key");
      key_ = names_.contains(key) ? names_[key] : key;
    } else if (event.name == "graph") {
      ++graphs_;
      owner_ = &raw_.graph;
    } else if (event.name == "node") {
      raw_.nodes.push_back({required(event, "id"), "", "", event.where, {}});
      owner_ = &raw_.nodes.back().data;  // until its end, before the next is added
    } else if (event.name == "edge") {
      raw_.edges.push_back({"", required(event, "source"), required(event, "target"), event.where, {}});
      owner_ = &raw_.edges.back().data;
    }
  }
  void say(const XmlEvent& text) {
    if (!key_.empty() && owner_ != nullptr) (*owner_)[key_] = {text.name, text.where};
  }
  std::string required(const XmlEvent& event, const char* attribute) {
    if (const std::string* found = event.find(attribute); found != nullptr) return *found;
    context_.error(event.where, fmt::format("<{}> lacks {}", event.name, attribute));
    return {};
  }

  Context& context_;
  std::optional<std::vector<XmlEvent>> events_;  // nothing: broken, and reported
  Where start_;
  Raw raw_;
  int graphs_ = 0;
  std::map<std::string, std::string> names_;  // attr.name by key id
  std::string key_;                           // of the <data> that is open
  Data* owner_ = nullptr;                     // whose data it is
};

class GraphReader {
 public:
  GraphReader(Context& context, const GraphDefaults& defaults) : context_(context), defaults_(defaults) {}

  void fill(const Raw& raw, topology::Fabric& fabric) {
    if (const auto kind = raw.graph.find("kind"); kind != raw.graph.end()) fabric.kind = kind->second.text;
    std::map<std::string, std::size_t> degree;
    for (const Part& edge : raw.edges) ++degree[edge.from], ++degree[edge.to];
    bool said = false;  // whether some node says that it sends
    for (const Part& node : raw.nodes) {
      const auto id = id_of<NodeId>(fabric.nodes.size());
      if (!ids_.emplace(node.id, id).second)
        context_.error(node.where, fmt::format("a second node is called {}", in_quotes(node.id)));
      const NodeKind lone = degree[node.id] <= 1 ? NodeKind::endpoint : NodeKind::router;
      fabric.nodes.push_back(
          static_cast<NodeKind>(word_of(node, "kind", node_kind_words, static_cast<std::size_t>(lone))));
      if (!node.data.contains("sends")) continue;
      said = true;
      if (word_of(node, "sends", {"false", "true"}, 0) == 1) fabric.endpoints.push_back(id);
    }
    if (!said) fabric.endpoints = default_endpoints(fabric.nodes);
    for (const Part& edge : raw.edges) add_link(edge, fabric);
  }

 private:
  std::size_t word_of(const Part& part, const char* key, const std::vector<std::string>& words,
                      std::size_t otherwise) {
    const auto datum = part.data.find(key);
    if (datum == part.data.end()) return otherwise;
    const auto found = std::find(words.begin(), words.end(), datum->second.text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    context_.error(datum->second.where, fmt::format("unknown {} {}", key, in_quotes(datum->second.text)),
                   suggest(datum->second.text, words));
    return otherwise;
  }
  double number_of(const Part& part, const char* key, const Limits& limits, double otherwise) {
    const auto datum = part.data.find(key);
    if (datum == part.data.end()) return otherwise;
    const auto parsed = parse_number(datum->second.text);
    const bool number = parsed.ok && parsed.value >= 0;
    if (number && (parsed.value == 0 || (parsed.value >= limits.least && parsed.value <= limits.most)))
      return parsed.value;
    context_.error(
        datum->second.where,
        fmt::format("{}: {} is {}", key, in_quotes(datum->second.text),
                    number ? "out of range" : "not a number of at least 0"),
        number ? fmt::format("allowed: {}{}", limits.least > 0 ? "0 (down), or " : "", limits.text) : "");
    return otherwise;
  }
  const NodeId* end_of(const Part& edge, const std::string& name) {
    if (const auto found = ids_.find(name); found != ids_.end()) return &found->second;
    context_.error(edge.where, fmt::format("an edge ends at {}, which is no node", in_quotes(name)));
    return nullptr;
  }
  void add_link(const Part& edge, topology::Fabric& fabric) {
    const NodeId *a = end_of(edge, edge.from), *b = end_of(edge, edge.to);
    const double rate = number_of(edge, "capacity_bytes_per_s", link_rate(), defaults_.rate.base());
    const double latency = number_of(edge, "latency_s", link_latency(), defaults_.latency.base());
    if (rate == 0 && !edge.data.contains("capacity_bytes_per_s"))
      context_.error(edge.where, "an edge lacks capacity_bytes_per_s",
                     "or name the graph in a YAML file of kind graphml that gives a rate for all");
    if (a == nullptr || b == nullptr) return;
    const LinkKind usual = default_kind(fabric.nodes[index_of(*a)], fabric.nodes[index_of(*b)]);
    const auto kind =
        static_cast<LinkKind>(word_of(edge, "kind", link_kind_words, static_cast<std::size_t>(usual)));
    if (*a == *b)
      context_.error(edge.where, "an edge joins a node with itself");
    else
      fabric.links.push_back({*a, *b, kind, Bandwidth::from_base(rate), seconds(latency)});
  }

  Context& context_;
  const GraphDefaults& defaults_;
  std::map<std::string, NodeId> ids_;
};

}  // namespace

void read_graphml(Context& context, const std::string& path, Where asked_from, const GraphDefaults& defaults,
                  topology::Fabric& fabric) {
  const auto text = read_text(context, path, asked_from, FileKind::graph);
  if (!text) return;
  fabric.kind = "graphml";
  const std::size_t before = context.error_count();
  const Raw raw = Gatherer(context, text->file, text->text).gather();
  if (context.error_count() > before) return;
  GraphReader(context, defaults).fill(raw, fabric);
  if (fabric.endpoints.empty() && context.error_count() == before)
    context.error({text->file, 1, 1}, "no node sends or receives",
                  "give some nodes the kind endpoint (or gpu, or router)");
}

void read_graph_file(Reader& reader, Network& network) {
  network.source = reader.text("source", "where the wiring and the rates come from");
  GraphDefaults defaults;
  if (reader.optional("rate") != nullptr)
    defaults.rate = Bandwidth::from_base(
        reader.measure("rate", Measure::bandwidth, "of edges that say none", link_rate()));
  if (reader.optional("latency") != nullptr)
    defaults.latency =
        seconds(reader.measure("latency", Measure::time, "of edges that say none", link_latency()));
  const std::string file = reader.text("file", "the path of a GraphML file, beside this one");
  const auto* entry = reader.optional("file");
  if (file.empty() || entry == nullptr) return;
  const std::string here = reader.context().text_of(entry->value.where.file).name;
  read_graphml(reader.context(), (std::filesystem::path(here).parent_path() / file).string(),
               entry->value.where, defaults, network.fabric);
}

}  // namespace foretrain::spec
