#include "topology/route.hpp"

#include <map>

#include "catch.hpp"
#include "topology/build.hpp"

using namespace foretrain;
using namespace foretrain::topology;
using namespace foretrain::literals;

namespace {

Topology built(std::int64_t gpus, FabricSpec::Kind kind, std::int64_t ports = 64, std::int64_t nics = 8) {
  ClusterSpec c;
  c.gpus = gpus;
  c.nics_per_node = c.fabric.planes = nics;
  c.fabric.kind = kind;
  c.fabric.switch_ports = ports;
  return build(c, {200_GBps, 64_GBps, 50_GBps, 50_GBps}).value();
}

bool is_walk(const Topology& t, const std::vector<Step>& steps, NodeId from, NodeId to) {
  for (const Step& s : steps) {
    const Link& link = t.link(s.link);
    if ((s.from_a ? link.a : link.b) != from) return false;
    from = s.from_a ? link.b : link.a;
  }
  return from == to;
}

std::vector<LinkKind> kinds(const Topology& t, const std::vector<Step>& steps) {
  std::vector<LinkKind> all;
  for (const Step& s : steps) all.push_back(t.link(s.link).kind);
  return all;
}

constexpr auto routed_planes = FabricSpec::Kind::multi_plane_fat_tree;
constexpr auto routed_joined = FabricSpec::Kind::multi_rail_fat_tree;
constexpr LinkKind nv = LinkKind::nvlink, pcie = LinkKind::pcie, nic = LinkKind::nic,
                   up = LinkKind::leaf_spine;

}  // namespace

TEST_CASE("routes of the 2048-GPU cluster cross the links they should") {
  const Topology t = built(2048, routed_planes);
  using Kinds = std::vector<LinkKind>;
  CHECK(route(t, 5, 5).empty());
  CHECK(kinds(t, route(t, 0, 7)) == Kinds{nv, nv});                           // one node
  CHECK(kinds(t, route(t, 0, 8)) == Kinds{pcie, nic, nic, pcie});             // same rail, same leaf
  CHECK(kinds(t, route(t, 0, 2040)) == Kinds{pcie, nic, up, up, nic, pcie});  // same rail, other leaf
  CHECK(kinds(t, route(t, 0, 9)) == Kinds{nv, nv, pcie, nic, nic, pcie});     // other rail: NVLink first
  CHECK(kinds(t, route(t, 0, 2047)) == Kinds{nv, nv, pcie, nic, up, up, nic, pcie});
}

TEST_CASE("nodes of one NVLink domain need no NIC, those of two do") {
  ClusterSpec c;
  c.gpus = 160;
  c.gpus_per_node = c.nics_per_node = c.fabric.planes = 4;
  c.nvlink_domain = 72;
  const Topology t = build(c, {200_GBps, 64_GBps, 50_GBps, 50_GBps}).value();
  using Kinds = std::vector<LinkKind>;
  CHECK(kinds(t, route(t, 0, 71)) == Kinds{nv, nv});
  CHECK(kinds(t, route(t, 0, 72)) == Kinds{pcie, nic, nic, pcie});
  CHECK(kinds(t, route(t, 1, 72)) == Kinds{nv, nv, pcie, nic, nic, pcie});
  CHECK(kinds(t, route(t, 145, 159)) == Kinds{nv, nv});
  for (const std::int64_t to : {1, 40, 71, 72, 130, 159})
    CHECK(is_walk(t, route(t, 5, to), gpu_id(t.layout(), 5), gpu_id(t.layout(), to)));
}

TEST_CASE("the formula agrees with a search of the graph") {
  const auto kind = GENERATE(routed_planes, routed_joined);
  const auto nodes = GENERATE(std::int64_t{3}, std::int64_t{7}, std::int64_t{16});
  const auto nics = GENERATE(std::int64_t{2}, std::int64_t{8});
  const std::int64_t ports = kind == routed_planes ? 8 : 32;
  const Topology t = built(nodes * 8, kind, ports, nics);
  for (std::int64_t a = 0; a < t.layout().gpus; a += 3)
    for (std::int64_t b = 0; b < t.layout().gpus; b += 5) {
      const auto direct = route(t, a, b);
      const auto searched = search_route(t, gpu_id(t.layout(), a), gpu_id(t.layout(), b));
      REQUIRE(is_walk(t, direct, gpu_id(t.layout(), a), gpu_id(t.layout(), b)));
      REQUIRE(is_walk(t, searched, gpu_id(t.layout(), a), gpu_id(t.layout(), b)));
      REQUIRE(direct.size() == searched.size());
    }
}

TEST_CASE("the formula agrees with a search of the whole 2048-GPU cluster") {
  const Topology t = built(2048, routed_planes);
  for (std::int64_t i = 0; i < 40; ++i) {
    const std::int64_t a = i * 397 % 2048, b = (i * 1201 + 11) % 2048;
    const auto direct = route(t, a, b);
    REQUIRE(is_walk(t, direct, gpu_id(t.layout(), a), gpu_id(t.layout(), b)));
    REQUIRE(direct.size() == search_route(t, gpu_id(t.layout(), a), gpu_id(t.layout(), b)).size());
  }
}

TEST_CASE("a shift by any number of nodes puts at most one message on a direction of a cable") {
  const Topology t = built(2048, routed_planes);
  const auto shift = GENERATE(std::int64_t{1}, std::int64_t{7}, std::int64_t{32}, std::int64_t{100});
  std::map<std::size_t, int> load;
  for (std::int64_t gpu = 0; gpu < 2048; ++gpu)
    for (const Step& s : route(t, gpu, (gpu + shift * 8) % 2048)) ++load[channel(s)];
  for (const auto& [c, messages] : load) CHECK(messages == 1);
}

TEST_CASE("an unreachable GPU has no route") {
  const Topology whole = built(16, routed_planes);
  std::vector<Link> nvlink_only(whole.links().begin(), whole.links().begin() + 16);
  const Topology cut(whole.layout(), whole.nodes(), nvlink_only);
  CHECK(search_route(cut, gpu_id(cut.layout(), 0), gpu_id(cut.layout(), 7)).size() == 2);
  CHECK(search_route(cut, gpu_id(cut.layout(), 0), gpu_id(cut.layout(), 8)).empty());
}
