// Paths between the GPUs of a cluster: those of route(), and round a dead card.

#include "topology/cluster_paths.hpp"

#include <set>

#include "catch.hpp"
#include "topology/build.hpp"
#include "topology/route.hpp"
#include "topology/walk.hpp"

using namespace foretrain;
using namespace foretrain::topology;
using namespace foretrain::literals;

namespace {

Topology cluster(std::int64_t gpus, FabricSpec::Kind kind, std::int64_t ports, std::int64_t nics = 8) {
  ClusterSpec c;
  c.gpus = gpus;
  c.nics_per_node = c.fabric.planes = nics;
  c.fabric.kind = kind;
  c.fabric.switch_ports = ports;
  return build(c, {200_GBps, 64_GBps, 50_GBps, 50_GBps}).value();
}

constexpr auto planes = FabricSpec::Kind::multi_plane_fat_tree;
constexpr auto joined = FabricSpec::Kind::multi_rail_fat_tree;

}  // namespace

TEST_CASE("on a cluster the static paths are those of route(), the others equal in length") {
  std::set<std::int64_t> seen_joined;
  for (const auto kind : {planes, joined, joined})
    for (const std::int64_t nics : {8, 4}) {
      Topology t = cluster(128, kind, kind == planes ? 8 : 16, nics);
      if (t.layout().rails_joined && !seen_joined.insert(nics).second) {  // the second time round
        Layout stays = t.layout();
        stays.nvlink_first = true;
        t = Topology(stays, t.nodes(), t.links());
      }
      const Paths fixed(t.fabric(), Routing::static_rule, 0), hashed(t.fabric(), Routing::ecmp, 5);
      for (std::uint32_t from = 0; from < 128; from += 7)
        for (std::uint32_t to = 0; to < 128; ++to) {
          std::vector<Channel> expected, path, other;
          for (const Step s : route(t, from, to)) expected.push_back(static_cast<Channel>(channel(s)));
          fixed.append(from, to, 0, path);
          hashed.append(from, to, from, other);
          REQUIRE(path == expected);
          REQUIRE(is_walk(t.fabric(), other, from, to));
          REQUIRE(other.size() == path.size());
          REQUIRE(fixed.choices(from, to) >= 1);
        }
    }
}

TEST_CASE("a cluster with a dead NIC sends over its neighbours' rails") {
  const Topology t = cluster(192, planes, 8);
  Fabric f = t.fabric();
  const Paths whole(f, Routing::ecmp, 0);
  f.links[2 * 192].capacity = {};  // NIC 0 of node 0
  const Paths paths(f, Routing::ecmp, 0);
  for (std::uint32_t from = 0; from < 192; ++from)
    for (std::uint32_t to = 0; to < 192; to += 5) {
      std::vector<Channel> path, before;
      paths.append(from, to, 9, path);
      whole.append(from, to, 9, before);
      REQUIRE(is_walk(f, path, from, to));
      const bool hit = from / 8 != to / 8 && from % 8 == 0 && to % 8 == 0 && (from == 0 || to == 0);
      REQUIRE(path.size() == before.size() + (hit ? 4 : 0));  // over NVLink and back at the far end
    }
}

TEST_CASE("where messages stay on their rail, another rail is reached over NVLink first") {
  Topology t = cluster(128, joined, 16);
  Layout stays = t.layout();
  stays.nvlink_first = true;
  t = Topology(stays, t.nodes(), t.links());
  const Paths paths(t.fabric(), Routing::static_rule, 0);
  std::vector<Channel> path;
  paths.append(0, 15, 0, path);  // GPU 7 of the next node: its rail's leaf is that of the own node's GPU 7
  const auto kind = [&](std::size_t i) { return t.links()[path[i] / 2].kind; };
  REQUIRE(path.size() == 6);
  CHECK((kind(0) == LinkKind::nvlink && kind(1) == LinkKind::nvlink && kind(3) == LinkKind::nic));
  CHECK(paths.choices(0, 15) == 1);
}
