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

#include "base/ids.hpp"
#include "base/units.hpp"

namespace foretrain::topology {

enum class NodeId : std::uint32_t {};
enum class LinkId : std::uint32_t {};

enum class NodeKind : std::uint8_t { gpu, nvswitch, nic, leaf, spine };
enum class LinkKind : std::uint8_t {
  nvlink,      // GPU to the NVSwitch of its domain
  pcie,        // GPU to its NIC
  nic,         // NIC to its leaf switch
  leaf_spine,  // switch to switch
};

struct Link {
  NodeId a{}, b{};
  LinkKind kind = LinkKind::nvlink;
  Bandwidth capacity{};  // one direction
};

// The numbers that fix every id, so that a route is arithmetic and no table is searched. A plane is a fat
// tree of its own. In `rails_joined` fabrics there is one plane, whose endpoints are ordered by rail, then by
// node.
struct Layout {
  std::int64_t gpus = 0, gpus_per_node = 0, nodes = 0, nics_per_node = 0;
  std::int64_t gpus_per_domain = 0, domains = 0;  // joined by NVLink; the last domain may be partly filled
  std::int64_t planes = 0, endpoints_per_plane = 0;
  std::int64_t leaves_per_plane = 0, spines_per_plane = 0;  // no spines where one leaf serves the plane
  std::int64_t ports_down = 0, ports_up = 0;                // of a leaf
  bool rails_joined = false;
};

class Topology {
 public:
  Topology(Layout layout, std::vector<NodeKind> nodes, std::vector<Link> links)
      : layout_(layout), nodes_(std::move(nodes)), links_(std::move(links)) {}

  const Layout& layout() const { return layout_; }
  const std::vector<NodeKind>& nodes() const { return nodes_; }
  const std::vector<Link>& links() const { return links_; }
  NodeKind kind(NodeId id) const { return nodes_[index_of(id)]; }
  const Link& link(LinkId id) const { return links_[index_of(id)]; }

 private:
  Layout layout_;
  std::vector<NodeKind> nodes_;
  std::vector<Link> links_;
};

// Ids from the layout. GPUs are numbered through the nodes: gpu = node * gpus_per_node + local index.
NodeId gpu_id(const Layout& l, std::int64_t gpu);
NodeId nvswitch_id(const Layout& l, std::int64_t domain);
NodeId nic_id(const Layout& l, std::int64_t node, std::int64_t rail);
NodeId leaf_id(const Layout& l, std::int64_t plane, std::int64_t leaf);
NodeId spine_id(const Layout& l, std::int64_t plane, std::int64_t spine);
std::int64_t rail_of(const Layout& l, std::int64_t gpu);  // the NIC that a GPU uses; GPUs may share one

// Counted from the graph itself. `switch_links` are cables between switches only, as in table 3 of the
// DeepSeek ISCA'25 paper ("Insights into DeepSeek-V3").
struct Counts {
  std::int64_t gpus = 0, endpoints = 0, switches = 0, switch_links = 0;
};
Counts count(const Topology& topology);

}  // namespace foretrain::topology
