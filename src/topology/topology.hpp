#pragma once
// The cluster as a sealed graph: GPUs, one NVSwitch an NVLink domain, NICs, leaf and spine switches, and the
// cables between them. Built once (topology/build.hpp), read by everyone, changed by no one.
//
// A link is one full-duplex cable; a capacity counts one direction, in whatever rate the caller supplied
// (nominal or achieved). Left out: the several NVSwitch chips of a domain (they act as one crossbar), the
// PCIe switches, the storage network, and failures.

#include <cstdint>
#include <utility>
#include <vector>

#include "topology/fabric.hpp"

namespace foretrain::topology {

class Topology {
 public:
  Topology(Layout layout, std::vector<NodeKind> nodes, std::vector<Link> links);

  const Fabric& fabric() const { return fabric_; }  // endpoints: the GPUs
  const Layout& layout() const { return *fabric_.layout; }
  const std::vector<NodeKind>& nodes() const { return fabric_.nodes; }
  const std::vector<Link>& links() const { return fabric_.links; }
  NodeKind kind(NodeId id) const { return fabric_.nodes[index_of(id)]; }
  const Link& link(LinkId id) const { return fabric_.links[index_of(id)]; }

 private:
  Fabric fabric_;
};

// Ids from the layout. GPUs are numbered through the nodes: gpu = node * gpus_per_node + local index.
NodeId gpu_id(const Layout& l, std::int64_t gpu);
NodeId nvswitch_id(const Layout& l, std::int64_t domain);
NodeId nic_id(const Layout& l, std::int64_t node, std::int64_t rail);
NodeId leaf_id(const Layout& l, std::int64_t plane, std::int64_t leaf);
NodeId spine_id(const Layout& l, std::int64_t plane, std::int64_t spine);
std::int64_t rail_of(const Layout& l, std::int64_t gpu);  // the NIC that a GPU uses; GPUs may share one
// Whether a message between nodes takes NVLink to the receiver's rail before it leaves.
bool changes_rail_first(const Layout& l, std::int64_t from, std::int64_t to);

// Counted from the graph itself. `switch_links` are cables between switches only, as in table 3 of the
// DeepSeek ISCA'25 paper ("Insights into DeepSeek-V3").
struct Counts {
  std::int64_t gpus = 0, endpoints = 0, switches = 0, switch_links = 0;
};
Counts count(const Topology& topology);

}  // namespace foretrain::topology
