#pragma once
// The readers behind spec/network.hpp, one for each sort of file.

#include "spec/graph_words.hpp"
#include "spec/network.hpp"
#include "spec/reader.hpp"

namespace foretrain::spec {

const std::vector<std::string>& network_kinds();
void read_generated(Reader& reader, std::size_t kind, Network& network);  // a kind with sizes
void read_custom(Reader& reader, Network& network);                       // nodes: and links:
void read_graph_file(Reader& reader, Network& network);                   // file: x.graphml

// What a link of a network may be: within the clock's centuries and nanoseconds, whatever is sent.
inline Limits link_rate() {
  return {1, 1e15, false, "1 B/s to 1000 TB/s"};
}
inline Limits link_latency() {
  return {0, 1000, false, "0 s to 1000 s"};
}

struct GraphDefaults {  // of edges that say nothing; a rate of 0: they must
  Bandwidth rate{};
  Seconds latency{};
};
void read_graphml(Context& context, const std::string& path, Where asked_from, const GraphDefaults& defaults,
                  topology::Fabric& fabric);

// Of a graph's nodes those that send: endpoints; where there are none, GPUs.
std::vector<topology::NodeId> default_endpoints(const std::vector<topology::NodeKind>& nodes);
// What a link between two such nodes is called.
topology::LinkKind default_kind(topology::NodeKind a, topology::NodeKind b);

}  // namespace foretrain::spec
