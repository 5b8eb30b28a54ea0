#pragma once
// A network of every kind, small, all links 50 GB/s and half a microsecond long, and a pattern run over it.

#include <cmath>
#include <string>
#include <vector>

#include "network/bounds.hpp"
#include "network/carry.hpp"
#include "network/fold.hpp"
#include "network/patterns.hpp"
#include "topology/build.hpp"
#include "topology/fabrics/dragonfly.hpp"
#include "topology/fabrics/fat_tree2.hpp"
#include "topology/fabrics/fat_tree3.hpp"
#include "topology/fabrics/nvlink_domain.hpp"
#include "topology/fabrics/slim_fly.hpp"
#include "topology/fabrics/torus.hpp"

namespace networks {

using namespace foretrain;
using namespace foretrain::literals;
namespace fabrics = topology::fabrics;

inline constexpr double rate = 50e9;
inline constexpr fabrics::Cable cable{50_GBps, 500_ns};

// Flows of all messages of an all-to-all, of one endpoint's each: the most that share a channel. Where no
// channel carries more than an endpoint's own, n - 1.
struct Named {
  std::string name;
  topology::Fabric fabric;
  double all_to_all = 0;
  std::string why;
};

inline topology::Fabric cluster(topology::FabricSpec::Kind kind, std::int64_t gpus) {
  topology::ClusterSpec spec;
  spec.gpus = gpus;
  spec.fabric.kind = kind;
  if (kind == topology::FabricSpec::Kind::multi_rail_fat_tree) spec.fabric.planes = 1;
  return topology::build(spec, {400_GBps, 50_GBps, 50_GBps, 50_GBps})->fabric();
}

inline std::vector<Named> all() {
  using Kind = topology::FabricSpec::Kind;
  std::vector<Named> list;
  list.push_back({"two layers", fabrics::fat_tree2({128, 16}, {cable, cable}).value(), 127, "one NIC"});
  list.push_back({"one leaf", fabrics::fat_tree2({16, 64}, {cable, cable}).value(), 15, "one NIC"});
  list.push_back({"oversubscribed 3:1", fabrics::fat_tree2({96, 16, 3}, {cable, cable}).value(),
                  12 * 84 / 4.0, "12 endpoints of a leaf to 84 others over 4 uplinks"});
  list.push_back({"three layers", fabrics::fat_tree3({128, 8}, {cable, cable}).value(), 127, "one NIC"});
  list.push_back({"planes", cluster(Kind::multi_plane_fat_tree, 64), 56, "one NIC: 8 of 64 are in the node"});
  list.push_back({"rails", cluster(Kind::multi_rail_fat_tree, 64), 56, "one NIC: 8 of 64 are in the node"});
  list.push_back({"dragonfly", fabrics::dragonfly({4, 2, 2}, {cable, cable}).value(), 71, "one NIC"});
  list.push_back({"slim fly", fabrics::slim_fly(5, {cable, cable}).value(), 13 * 16,
                  "50 routers of degree 7, 4 endpoints each: 4 * 4 * (1 + 2 * 42 / 7) over each link"});
  list.push_back({"torus of one dimension", fabrics::torus({9, 1, 1}, cable).value(), 80 / 8.0,
                  "(k^2 - 1) / 8 over each direction"});
  list.push_back({"NVLink", fabrics::nvlink_domain(8, cable).value(), 7, "one GPU's NVLink"});
  return list;
}

struct Run {
  network::Carried carried;
  network::Channels channels;
  network::Loads loads;
  double seconds() const { return static_cast<double>(carried.end) * 1e-9; }
};

// One by one, not folded.
inline Run run(const topology::Fabric& fabric, const network::MessageList& list,
               topology::Routing routing = topology::Routing::static_rule) {
  Run done;
  done.channels = network::list_channels(fabric);
  const topology::Paths paths(fabric, routing, 1);
  const network::PathOf path_of = network::paths_of(list, paths);
  done.loads = network::loads_of(list, done.channels, path_of);
  done.carried = network::carry(network::route_messages(list, done.channels, path_of), {.certify = true});
  return done;
}

}  // namespace networks
