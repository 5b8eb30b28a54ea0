// Generators of networks: what the published table counts, and what every graph of a kind must be.

#include "topology/fabrics/dragonfly.hpp"

#include <map>
#include <set>
#include <utility>

#include "catch.hpp"
#include "topology/bisection.hpp"
#include "topology/build.hpp"
#include "topology/fabrics/fat_tree2.hpp"
#include "topology/fabrics/fat_tree3.hpp"
#include "topology/fabrics/galois.hpp"
#include "topology/fabrics/nvlink_domain.hpp"
#include "topology/fabrics/slim_fly.hpp"
#include "topology/fabrics/torus.hpp"
#include "topology/measure.hpp"

using namespace foretrain;
using namespace foretrain::topology;
using namespace foretrain::topology::fabrics;
using namespace foretrain::literals;

namespace {

const Cables cables{{50_GBps, 500_ns}, {50_GBps, 500_ns}};

// Links between switches by their two ends, lower first.
std::map<std::pair<std::size_t, std::size_t>, int> trunks(const Fabric& f) {
  std::map<std::pair<std::size_t, std::size_t>, int> all;
  for (const Link& l : f.links)
    if (l.kind != LinkKind::nic) ++all[std::minmax(index_of(l.a), index_of(l.b))];
  return all;
}

}  // namespace

TEST_CASE("a two-layer tree: leaves, spines, ports") {
  const Fabric f = fat_tree2({2048, 64, 1}, cables).value();
  const FabricCounts c = count(f);
  CHECK(c.endpoints == 2048);
  CHECK(c.switches == 96);
  CHECK(c.trunks == 2048);
  CHECK((c.fewest_ports == 64 && c.most_ports == 64));
  const Distances d = measure_distances(f);
  CHECK((d.diameter == 4 && d.switch_diameter == 2 && d.joined == 1));
  CHECK(d.mean == Approx((31 * 2 + 2016 * 4) / 2047.0));
  CHECK(find_bisection(f)->links == 1024);
  CHECK(count(fat_tree2({2048, 64, 3}, cables).value()).trunks == 43 * 16);  // 48 down, 16 up
  CHECK_FALSE(fat_tree2({2049, 64, 1}, cables));
  CHECK(count(fat_tree2({20, 64, 1}, cables).value()).switches == 1);
}

TEST_CASE("a three-layer tree: full and partly filled") {
  const FabricCounts full = count(fat_tree3({128, 8}, cables).value());
  CHECK((full.switches == 80 && full.trunks == 256 && full.fewest_ports == 8 && full.most_ports == 8));
  for (const std::int64_t endpoints : {3, 12, 17, 40, 64, 100, 128}) {
    const Fabric f = fat_tree3({endpoints, 8}, cables).value();
    const Distances d = measure_distances(f);
    CHECK(d.joined == 1);
    CHECK(d.diameter == (endpoints <= 4 ? 2 : endpoints <= 16 ? 4 : 6));
    CHECK(count(f).most_ports <= 8);
    if (endpoints == 64 || endpoints == 128) CHECK(f.bisection->links == endpoints / 2);
  }
  CHECK_FALSE(fat_tree3({129, 8}, cables));
}

TEST_CASE("a Dragonfly: degrees, one link between any two groups, at most one global link away") {
  const Fabric f = dragonfly({4, 2, 2, 0}, cables).value();
  const FabricCounts c = count(f);
  CHECK((c.endpoints == 72 && c.switches == 36 && c.trunks == 9 * 6 + 36));
  CHECK((c.fewest_ports == 7 && c.most_ports == 7));
  std::map<std::pair<std::size_t, std::size_t>, int> between;
  for (const Link& l : f.links)
    if (l.kind == LinkKind::global)
      ++between[std::minmax((index_of(l.a) - 72) / 4, (index_of(l.b) - 72) / 4)];
  CHECK(between.size() == 36);
  const Distances d = measure_distances(f), same = measure_distances(f, 100);
  CHECK(d.switch_diameter == 3);
  CHECK(d.how == Distances::How::all);
  CHECK(measure_distances(f, 9 * 400).how == Distances::How::by_symmetry);
  CHECK(measure_distances(f, 9 * 400).mean == Approx(d.mean));
  CHECK(same.how == Distances::How::sampled);
  for (const std::int64_t groups : {1, 2, 3, 5, 6, 7, 8}) {  // fewer groups: the ports left over are used
    const Fabric fewer = dragonfly({4, 2, 2, groups}, cables).value();
    const FabricCounts n = count(fewer);
    CHECK(measure_distances(fewer).joined == 1);
    CHECK(n.most_ports <= 7);
    if (groups > 1) CHECK(2 * n.links[static_cast<std::size_t>(LinkKind::global)] == groups * 8);
  }
  CHECK_FALSE(dragonfly({4, 2, 2, 10}, cables));
}

TEST_CASE("fields of a prime power: every element but 0 has an inverse, sums are a group") {
  for (const std::int64_t q : {2, 3, 4, 5, 7, 8, 9, 16, 25, 27}) {
    const auto field = GaloisField::of(q);
    REQUIRE(field);
    for (std::int64_t a = 1; a < q; ++a) {
      std::set<std::int64_t> products, sums;
      for (std::int64_t b = 0; b < q; ++b) {
        products.insert(field->multiply(a, b));
        sums.insert(field->add(a, b));
        const std::int64_t c = (a * 7 + b * 3) % q;
        REQUIRE(field->multiply(a, field->add(b, c)) ==
                field->add(field->multiply(a, b), field->multiply(a, c)));
      }
      REQUIRE(static_cast<std::int64_t>(products.size()) == q);
      REQUIRE(static_cast<std::int64_t>(sums.size()) == q);
    }
  }
  for (const std::int64_t q : {0, 1, 6, 12, 28}) CHECK_FALSE(GaloisField::of(q));
}

TEST_CASE("a Slim Fly is regular, simple and of diameter two, for each sort of q") {
  for (const std::int64_t q : {3, 4, 5, 7, 8, 9, 11, 13, 16}) {
    INFO(q);
    const Fabric f = slim_fly(q, cables).value();
    const SlimFlyCounts expected = count_slim_fly(q).value();
    const FabricCounts c = count(f);
    CHECK(c.switches == expected.routers);
    CHECK(c.trunks == expected.links);
    CHECK(
        (c.fewest_ports == c.most_ports && c.most_ports == expected.degree + expected.endpoints_per_router));
    const auto all = trunks(f);
    CHECK(static_cast<std::int64_t>(all.size()) == expected.links);  // no link twice
    CHECK(measure_distances(f).switch_diameter == 2);
  }
  CHECK_FALSE(slim_fly(28, cables));
  CHECK_FALSE(slim_fly(6, cables));
}

TEST_CASE("a torus: degrees, diameter, bisection") {
  const Fabric f = torus({4, 4, 8}, cables.trunk).value();
  const FabricCounts c = count(f);
  CHECK((c.endpoints == 128 && c.switches == 0 && c.links_in_all == 3 * 128));
  const Distances d = measure_distances(f);
  CHECK(d.diameter == 2 + 2 + 4);
  CHECK(d.mean == Approx((1.0 + 1.0 + 2.0) * 128 / 127));  // k / 4 a dimension, the node itself included
  CHECK(f.bisection->links == 2 * 128 / 8);
  CHECK(count(torus({2, 2, 1}, cables.trunk).value()).links_in_all == 4);
  CHECK(count(torus({3, 1, 1}, cables.trunk).value()).links_in_all == 3);
  CHECK_FALSE(torus({0, 1, 1}, cables.trunk));
}

TEST_CASE("closed forms of the bisection are those of the cheapest cut between halves") {
  for (const Fabric& f : {fat_tree2({32, 8, 1}, cables).value(), fat_tree2({48, 8, 3}, cables).value(),
                          fat_tree3({128, 8}, cables).value(), fat_tree3({64, 8}, cables).value(),
                          torus({4, 4, 8}, cables.trunk).value(), torus({2, 2, 2}, cables.trunk).value()}) {
    INFO(f.kind);
    CHECK(cut_by_flow(f).links == f.bisection->links);
    CHECK(cut_by_flow(f).one_way == f.bisection->one_way);
  }
  for (const Fabric& f : {dragonfly({4, 2, 2, 0}, cables).value(), dragonfly({4, 2, 2, 4}, cables).value(),
                          slim_fly(5, cables).value()}) {
    INFO(f.kind);
    CHECK_FALSE(f.bisection->exact);
  }
  const Fabric even = dragonfly({4, 2, 2, 4}, cables).value();
  CHECK(cut_by_flow(even).links <= even.bisection->links);
  const Fabric star = nvlink_domain(8, {450_GBps, {}}).value();
  CHECK(cut_by_flow(star).links == 4);
}

TEST_CASE("a cluster's distances are the same by symmetry as by searching from every GPU") {
  for (const auto kind : {FabricSpec::Kind::multi_plane_fat_tree, FabricSpec::Kind::multi_rail_fat_tree}) {
    ClusterSpec c;
    c.gpus = 128;
    c.fabric.kind = kind;
    c.fabric.switch_ports = kind == FabricSpec::Kind::multi_plane_fat_tree ? 8 : 16;
    const Fabric f = build(c, {200_GBps, 64_GBps, 50_GBps, 50_GBps}).value().fabric();
    REQUIRE_FALSE(f.typical.empty());
    const Distances all = measure_distances(f), some = measure_distances(f, 20'000);
    CHECK(all.how == Distances::How::all);
    CHECK(some.how == Distances::How::by_symmetry);
    CHECK(some.mean == Approx(all.mean));
    CHECK(some.diameter == all.diameter);
    if (f.bisection) CHECK(cut_by_flow(f).links == f.bisection->links);
  }
}
