#include "topology/build.hpp"

#include <map>

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::topology;
using namespace foretrain::literals;

namespace {

const LinkRates rates{200_GBps, 64_GBps, 50_GBps, 50_GBps};

ClusterSpec cluster_of(std::int64_t gpus, FabricSpec::Kind kind = FabricSpec::Kind::multi_plane_fat_tree) {
  ClusterSpec c;
  c.gpus = gpus;
  c.fabric.kind = kind;
  return c;
}

}  // namespace

TEST_CASE("switches and cables are those of table 3 of the ISCA'25 paper") {
  // FT2: 2048 endpoints, 96 switches, 2048 links. MPFT (8 planes): 16384 endpoints, 768 switches, 16384
  // links.
  const Counts ft2 = count(*build(cluster_of(2048, FabricSpec::Kind::multi_rail_fat_tree), rates));
  CHECK(ft2.endpoints == 2048);
  CHECK(ft2.switches == 96);
  CHECK(ft2.switch_links == 2048);
  const Counts planes = count(*build(cluster_of(16384), rates));
  CHECK(planes.endpoints == 16384);
  CHECK(planes.switches == 768);
  CHECK(planes.switch_links == 16384);
}

TEST_CASE("the 2048-GPU cluster has eight planes of 8 leaves and 4 spines") {
  const auto built = build(cluster_of(2048), rates);
  REQUIRE(built);
  CHECK(built->layout().nodes == 256);
  CHECK(built->layout().leaves_per_plane == 8);
  CHECK(built->layout().spines_per_plane == 4);
  const Counts c = count(*built);
  CHECK(c.gpus == 2048);
  CHECK(c.endpoints == 2048);
  CHECK(c.switches == 96);
  CHECK(c.switch_links == 2048);
}

TEST_CASE("an NVLink domain may hold many nodes, and the last one may be partly filled") {
  ClusterSpec c = cluster_of(160);
  c.gpus_per_node = c.nics_per_node = c.fabric.planes = 4;
  c.nvlink_domain = 72;
  CHECK(c.nvlink_gpus() == 72);
  const auto built = build(c, rates);
  REQUIRE(built);
  CHECK(built->layout().nodes == 40);
  CHECK(built->layout().domains == 3);
  const Counts counted = count(*built);
  CHECK(counted.endpoints == 160);
  c.nvlink_domain = 6;
  CHECK(build(c, rates).error() == "NVLink domains of 6 GPUs do not hold whole nodes of 4");
}

TEST_CASE("an oversubscribed leaf has fewer uplinks, and the fabric joins more endpoints") {
  ClusterSpec c = cluster_of(2048, FabricSpec::Kind::multi_rail_fat_tree);
  c.fabric.oversubscription = 3;
  CHECK(ports_down(c.fabric) == 48);
  const auto built = build(c, rates);
  REQUIRE(built);
  CHECK(built->layout().leaves_per_plane == 43);
  CHECK(built->layout().ports_up == 16);
  CHECK(gpus_under_leaf(c) == 8 * 48);
  CHECK(build(cluster_of(2056, FabricSpec::Kind::multi_rail_fat_tree), rates).error().find("2048") !=
        std::string::npos);
  c.gpus = 3072;
  CHECK(build(c, rates));
  c.fabric.oversubscription = 0.5;
  CHECK_FALSE(build(c, rates));
}

TEST_CASE("no switch has more cables than ports, whatever the size") {
  const std::int64_t nodes = GENERATE(1, 31, 32, 33, 64, 65, 330, 352, 353, 1000, 2048);
  ClusterSpec c = cluster_of(nodes * 2);
  c.gpus_per_node = c.nics_per_node = c.fabric.planes = 2;
  const auto built = build(c, rates);
  REQUIRE(built);
  std::map<NodeId, int> used;
  for (const Link& link : built->links()) {
    ++used[link.a];
    ++used[link.b];
  }
  for (std::size_t i = 0; i < built->nodes().size(); ++i) {
    const NodeId id = id_of<NodeId>(i);
    const NodeKind kind = built->kind(id);
    CHECK(used[id] >= 1);
    if (kind == NodeKind::leaf || kind == NodeKind::spine) CHECK(used[id] <= 64);
  }
}

TEST_CASE("a cluster that cannot be wired is refused with the reason") {
  CHECK(build(cluster_of(16384), rates).has_value());
  const auto too_big = build(cluster_of(16384 + 8), rates);
  REQUIRE(!too_big);
  CHECK(too_big.error() == "2049 endpoints a plane exceed the 2048 that two layers of 64-port switches join");
  CHECK(build(cluster_of(2050), rates).error() == "2050 GPUs do not fill nodes of 8");
  ClusterSpec three = cluster_of(2048);
  three.fabric.levels = 3;
  CHECK(build(three, rates).error() == "a fat tree of 3 levels is not modelled, only 2 levels");
  three.fabric.levels = 1;
  CHECK(build(three, rates).error() == "a fat tree of one level is not modelled, only 2 levels");
  ClusterSpec planes = cluster_of(2048);
  planes.fabric.planes = 4;
  CHECK(build(planes, rates).error() == "4 planes need 4 NICs a node, there are 8");
  ClusterSpec nics = cluster_of(2048);
  nics.nics_per_node = nics.fabric.planes = 3;
  CHECK(build(nics, rates).error() == "3 NICs cannot be shared evenly by 8 GPUs of a node");
}
