#pragma once
// A network as a plain graph: nodes, full-duplex links, and which nodes send and receive. Generators
// (topology/fabrics.hpp), readers of files and the builder of clusters (topology/build.hpp) all make this one
// type; routing (topology/paths.hpp), measures (topology/measure.hpp) and the network engine read it.
//
// A link is one cable and may have parallels; a capacity counts one direction, in whatever rate the caller
// supplied (nominal or achieved). A link of capacity 0 is down: no path uses it. Left out: buffers, virtual
// channels, and what happens inside a switch, which is a crossbar that never limits. Memory: 32 bytes a link.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/units.hpp"
#include "topology/layout.hpp"

namespace foretrain::topology {

enum class NodeId : std::uint32_t {};
enum class LinkId : std::uint32_t {};

enum class NodeKind : std::uint8_t {
  gpu,  // may pass messages on to another rail over NVLink
  nvswitch,
  nic,
  leaf,      // lowest switch of a tree; in three layers the edge switch
  spine,     // above the leaves; in three layers the aggregation switch
  core,      // top of three layers
  router,    // switch of a direct network: Dragonfly, Slim Fly, torus
  endpoint,  // a port of a host that only sends and receives: never passes messages on
};

enum class LinkKind : std::uint8_t {
  nvlink,      // GPU to the NVSwitch of its domain
  pcie,        // GPU to its NIC
  nic,         // NIC or endpoint to its switch
  leaf_spine,  // switch to switch, lower two layers
  spine_core,  // switch to switch, upper two of three layers
  local,       // router to router of a Dragonfly's group
  global,      // router to router of two groups
  mesh,        // router to router of a torus or Slim Fly
};

struct Link {
  NodeId a{}, b{};
  LinkKind kind = LinkKind::nvlink;
  Bandwidth capacity{};  // one direction
  Seconds latency{};     // from the start of a bit at one end to the other, the switch behind it included
};

// What must be cut to part the endpoints in two halves.
struct Bisection {
  std::int64_t links = 0;  // full duplex
  Bandwidth one_way{};     // their capacity in one direction
  bool exact = false;      // else the true one is at most this
  std::string how;         // the cut and who says so
};

using TorusSize = std::array<std::int64_t, 3>;  // nodes in each dimension

struct Fabric {
  std::string kind;  // as in files: two-layer-fat-tree, dragonfly, custom
  std::vector<NodeKind> nodes;
  std::vector<Link> links;
  std::vector<NodeId> endpoints;   // what sends and receives, in the order that traffic patterns number them
  std::optional<Layout> layout;    // of a GPU cluster: its routes are arithmetic (topology/paths.hpp)
  std::optional<TorusSize> torus;  // of a torus: its static routes are arithmetic (topology/torus_paths.hpp)
  // By symmetry the network looks the same from all others as from these, each as often: indices of
  // endpoints. Empty: not known.
  std::vector<std::uint32_t> typical;
  std::optional<Bisection>
      bisection;  // where the kind has a closed form for this shape (topology/bisection.hpp)
};

}  // namespace foretrain::topology
