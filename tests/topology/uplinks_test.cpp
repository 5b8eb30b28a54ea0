// What an oversubscribed leaf leaves of a NIC, judged by counting flows on the routes of the built graph.

#include "topology/uplinks.hpp"

#include <map>

#include "catch.hpp"
#include "topology/build.hpp"
#include "topology/route.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::literals;
using topology::ClusterSpec;
using topology::FabricSpec;

const topology::LinkRates uplink_rates{
    .nvlink = 200_GBps, .pcie = 50_GBps, .nic = 50_GBps, .leaf_spine = 50_GBps};

ClusterSpec cluster_of(std::int64_t gpus, double oversubscription, FabricSpec::Kind kind) {
  ClusterSpec c;
  c.gpus = gpus;
  c.gpus_per_node = c.nics_per_node = c.fabric.planes = 4;
  c.fabric.kind = kind;
  c.fabric.switch_ports = 16;
  c.fabric.oversubscription = oversubscription;
  return c;
}

// Flows that leave a leaf, for each of its uplinks, relative to those that one NIC sends: above 1 uplinks are
// what limits.
template <class Flows>
double load_of_uplinks(const ClusterSpec& c, const Flows& flows) {
  const auto built = topology::build(c, uplink_rates);
  REQUIRE(built);
  std::map<topology::NodeId, double> up;
  double most = 0, sent = 0;
  for (const auto& [from, to] : flows) {
    for (const auto step : topology::route(*built, from, to)) {
      const auto& link = built->link(step.link);
      if (link.kind == topology::LinkKind::leaf_spine && step.from_a) up[link.a] += 1;
    }
    if (from == 0 && to / c.gpus_per_node != 0) sent += 1;
  }
  for (const auto& [leaf, count] : up) most = std::max(most, count);
  const auto uplinks = static_cast<double>(c.fabric.switch_ports - ports_down(c.fabric));
  return most / uplinks / sent;
}

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

}  // namespace

TEST_CASE("equal ports lose nothing, whatever the pattern") {
  const auto kind = GENERATE(FabricSpec::Kind::multi_plane_fat_tree, FabricSpec::Kind::multi_rail_fat_tree);
  const auto c = cluster_of(96, 1, kind);
  for (std::int64_t n = 1; n <= 96; ++n) {
    CHECK(share_of_all_to_all(c, n) == 1);
    CHECK(share_of_shift(c, n) == 1);
  }
}

TEST_CASE("an all-to-all keeps what its uplinks carry, as the routes count it") {
  const auto kind = GENERATE(FabricSpec::Kind::multi_plane_fat_tree, FabricSpec::Kind::multi_rail_fat_tree);
  const auto c = cluster_of(192, 3, kind);
  REQUIRE(gpus_under_leaf(c) == 48);
  CHECK(share_of_all_to_all(c, 48) == 1);
  const std::int64_t span = GENERATE(96, 144, 192);
  Pairs flows;  // each to every GPU of its rail
  for (std::int64_t a = 0; a < span; ++a)
    for (std::int64_t b = a % 4; b < span; b += 4)
      if (a != b) flows.emplace_back(a, b);
  const double load = load_of_uplinks(c, flows);
  CHECK(share_of_all_to_all(c, span) == Approx(std::min(1.0, 1 / load)));
  CHECK(share_of_all_to_all(c, span) < 1);
}

TEST_CASE("a shift keeps all while the leaf's uplinks suffice, and then its part") {
  const auto kind = GENERATE(FabricSpec::Kind::multi_plane_fat_tree, FabricSpec::Kind::multi_rail_fat_tree);
  const auto c = cluster_of(192, 3, kind);
  const std::int64_t distance = GENERATE(4, 8, 16, 20, 48, 96);
  Pairs flows;
  for (std::int64_t a = 0; a + distance < c.gpus; ++a) flows.emplace_back(a, a + distance);
  const double load = load_of_uplinks(c, flows);
  CHECK(share_of_shift(c, distance) == Approx(std::min(1.0, 1 / load)));
}
