#pragma once
// A network of every kind, small, all links 50 GB/s and half a microsecond long, and a pattern run over it.

#include <cmath>
#include <string>
#include <utility>
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

// What sets a pattern's time: messages of one size that share its fullest channel, counted on paper.
struct Named {
  std::string name;
  topology::Fabric fabric;
  double all_to_all = 0;  // of all; n - 1 where none carries more than an endpoint's own
  std::string why;
  double incast = 0;  // into the first endpoint
  double ring = 1;    // of one round of a ring in order
  double links = 0;   // that a hop of that ring has on average; 0 where slow hops hide the ways of others
  double trees = 4;   // pieces of one round, among as many as 16 endpoints spread over the network; of an
                      // inner node's NIC 4, two sums and two results
};

inline topology::Fabric cluster(topology::FabricSpec::Kind kind, std::int64_t gpus) {
  topology::ClusterSpec spec;
  spec.gpus = gpus;
  spec.fabric.kind = kind;
  if (kind == topology::FabricSpec::Kind::multi_rail_fat_tree) spec.fabric.planes = 1;
  return topology::build(spec, {400_GBps, 50_GBps, 50_GBps, 50_GBps})->fabric();
}

// Two switches of four endpoints each, one cable between them.
inline topology::Fabric written_out() {
  fabrics::Wiring wiring("custom");
  wiring.add_endpoints(8);
  const std::int64_t left = wiring.add(2, topology::NodeKind::leaf);
  for (std::int64_t e = 0; e < 8; ++e) wiring.join(e, left + e / 4, topology::LinkKind::nic, cable);
  wiring.join(left, left + 1, topology::LinkKind::leaf_spine, cable);
  return wiring.take();
}

// In a ring each line of x is gone round once, of y by each of its ends, of z by each of theirs. An incast
// comes from both sides of the last dimension.
inline Named torus(const topology::TorusSize& size, double all_to_all, const std::string& why, double trees) {
  std::string name = "torus";
  double links = 0, nodes = 1, incast = 0;
  for (const std::int64_t k : size) {
    if (k == 1) continue;
    name += (nodes > 1 ? " x " : " ") + std::to_string(k);
    links += 1 / nodes;
    incast = nodes * (k == 2 ? 1 : static_cast<double>(k - 1) / 2);
    nodes *= static_cast<double>(k);
  }
  return {name, fabrics::torus(size, cable).value(), all_to_all, why, incast, 1, links, trees};
}

inline std::vector<Named> tori() {
  return {torus({9, 1, 1}, 80 / 8.0, "(k^2 - 1) / 8 over each direction", 5),
          torus({6, 4, 1}, 4 * 9 / 2.0, "n / k lines, k^2 / 4 links, two directions", 5),
          torus({5, 5, 1}, 5 * 6 / 2.0, "n / k lines, (k^2 - 1) / 4 links, two directions", 4),
          torus({4, 4, 4}, 16 * 4 / 2.0, "n / k lines, k^2 / 4 links, two directions", 4),
          torus({5, 4, 3}, 12 * 6 / 2.0, "the dimension of 5; 30 and 20 in the others", 3),
          torus({8, 8, 2}, 16 * 16 / 2.0, "the dimensions of 8; 64 in that of 2", 5),
          torus({6, 3, 3}, 41, "9 * 9 / 2 = 40.5 are no whole messages", 4),
          torus({2, 2, 2}, 4, "4 lines, one link each", 4)};
}

inline std::vector<Named> fat_trees() {
  return {{"two layers", fabrics::fat_tree2({128, 16}, {cable, cable}).value(), 127, "one NIC", 127, 1,
           (7 * 2 + 4) / 8.0, 4},
          {"one leaf", fabrics::fat_tree2({16, 64}, {cable, cable}).value(), 15, "one NIC", 15, 1, 2, 4},
          {"oversubscribed 3:1", fabrics::fat_tree2({96, 16, 3}, {cable, cable}).value(), 12 * 84 / 4.0,
           "12 endpoints of a leaf to 84 others over 4 uplinks", 95, 1, (11 * 2 + 4) / 12.0, 5},
          {"three layers", fabrics::fat_tree3({128, 8}, {cable, cable}).value(), 127, "one NIC", 127, 1,
           (12 * 2 + 3 * 4 + 6) / 16.0, 5}};
}

inline std::vector<Named> clusters() {
  using Kind = topology::FabricSpec::Kind;
  const std::string why = "one NIC: 8 of 64 are in the node";
  topology::Fabric rail_optimised = cluster(Kind::multi_rail_fat_tree, 64);
  rail_optimised.kind = "rail-optimised";
  rail_optimised.layout->nvlink_first = true;
  return {{"planes", cluster(Kind::multi_plane_fat_tree, 64), 56, why, 56, 1, 0, 5},
          {"rails", cluster(Kind::multi_rail_fat_tree, 64), 56, why, 56, 1, 0, 3},
          {"rail-optimised", std::move(rail_optimised), 56, why, 56, 1, 0, 5}};
}

// The Dragonfly's ring leaves a group by the link from its last router to its first, and by the same link it
// goes on where it came in.
inline std::vector<Named> others() {
  return {
      {"dragonfly", fabrics::dragonfly({4, 2, 2}, {cable, cable}).value(), 71, "one NIC", 71, 2, 0, 5},
      {"slim fly", fabrics::slim_fly(5, {cable, cable}).value(), 13 * 16,
       "50 routers of degree 7, 4 endpoints each: 4 * 4 * (1 + 2 * 42 / 7) over each link", 199, 2, 0, 5},
      {"NVLink", fabrics::nvlink_domain(8, cable).value(), 7, "one GPU's NVLink", 7, 1, 2, 4},
      {"custom", written_out(), 16, "4 endpoints to 4 others over one link", 7, 1, (6 * 2 + 2 * 3) / 8.0, 4}};
}

inline std::vector<Named> all() {
  std::vector<Named> list;
  for (const auto& some : {fat_trees(), clusters(), others(), tori()})
    list.insert(list.end(), some.begin(), some.end());
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
