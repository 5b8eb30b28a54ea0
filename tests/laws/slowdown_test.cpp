// What flows lose in the fabric, against what must hold of it: nothing in a full tree routed by destination,
// under oversubscribed leaves what counting ports says, and in a step never less time for more of it.

#include "catch.hpp"
#include "cluster/share_fabric.hpp"
#include "cluster/step_traffic.hpp"
#include "laws/toy.hpp"
#include "topology/build.hpp"
#include "topology/uplinks.hpp"

using namespace foretrain;
using namespace foretrain::literals;
using cluster::TrafficClass;
using topology::FabricSpec;
using topology::Routing;

namespace {

// Leaves in number, each with all its ports in use, `width` leaves to a pipeline rank and an expert group.
struct Case {
  model::TransformerSpec model;
  plan::PlanSpec plan;
  topology::ClusterSpec cluster;

  Case(FabricSpec::Kind kind, double oversubscription, std::int64_t ports, std::int64_t leaves,
       std::int64_t width) {
    cluster.gpus_per_node = cluster.nics_per_node = cluster.fabric.planes = 4;
    cluster.fabric.kind = kind;
    if (kind == FabricSpec::Kind::multi_rail_fat_tree) cluster.fabric.planes = 1;
    cluster.fabric.switch_ports = ports;
    cluster.fabric.oversubscription = oversubscription;
    cluster.gpus = leaves * gpus_under_leaf(cluster);
    plan.data = plan.expert = width * gpus_under_leaf(cluster);
    plan.pipeline = leaves / width;
    plan.stages.resize(static_cast<std::size_t>(plan.pipeline));
    model.moe.experts = plan.expert;
  }

  double slowest(TrafficClass which, Routing routing) const {
    const auto built = topology::build(
        cluster, {.nvlink = 900_GBps, .pcie = 50_GBps, .nic = 50_GBps, .leaf_spine = 50_GBps, .latency = {}});
    REQUIRE(built);
    const auto traffic = cluster::list_step_traffic(model, plan, cluster, topology::place_in_order(cluster));
    return network::slowdown_of(traffic[static_cast<std::size_t>(which)], built->fabric(), routing, 1)
        .slowest;
  }
  double by_ports(TrafficClass which) const {
    return which == TrafficClass::exchange ? 1 / topology::share_of_all_to_all(cluster, plan.expert)
                                           : 1 / topology::share_of_shift(cluster, plan.data);
  }
};

constexpr auto planes = FabricSpec::Kind::multi_plane_fat_tree, tree = FabricSpec::Kind::multi_rail_fat_tree;

}  // namespace

TEST_CASE("a full tree routed by destination slows nothing, if its uplinks go evenly round the spines") {
  const auto kind = GENERATE(planes, tree);
  const std::int64_t leaves =
      kind == planes ? GENERATE(2, 4, 8, 16) : 4;  // of 16 ports; rails have 4 times as many
  for (const std::int64_t width : {1, 2})
    for (std::size_t c = 0; c < cluster::traffic_classes; ++c)
      CHECK(Case(kind, 1, 16, leaves, width).slowest(static_cast<TrafficClass>(c), Routing::static_rule) ==
            1);
}

TEST_CASE("oversubscribed leaves keep what their uplinks carry, flow by flow as by counting ports") {
  // Four uplinks a leaf, so twelve leaves have four spines and six have two: none gets more than another.
  const auto leaves = GENERATE(6, 12);
  const std::int64_t width = GENERATE(1, 2, 3);
  const Case c(planes, 2, 12, leaves, width);
  for (const TrafficClass which : {TrafficClass::exchange, TrafficClass::pipeline})
    for (const Routing routing : {Routing::static_rule, Routing::adaptive})
      CHECK(c.slowest(which, routing) == Approx(c.by_ports(which)).epsilon(1e-6));
  CHECK(c.by_ports(TrafficClass::pipeline) == Approx(2));
}

TEST_CASE("counting ports is the least that flows lose: uneven uplinks and hashes cost more") {
  const Case uneven(planes, 3, 16, 12, 2);  // 48 uplinks, three spines: one takes two of a leaf's four
  for (const TrafficClass which : {TrafficClass::exchange, TrafficClass::pipeline}) {
    for (const Routing routing : {Routing::static_rule, Routing::adaptive, Routing::ecmp})
      CHECK(uneven.slowest(which, routing) >= uneven.by_ports(which) * (1 - 1e-6));
    CHECK(uneven.slowest(which, Routing::static_rule) > 1.3 * uneven.by_ports(which));
  }
  const Case full(planes, 1, 16, 8, 2);
  for (const TrafficClass which : {TrafficClass::exchange, TrafficClass::pipeline})
    CHECK(full.slowest(which, Routing::ecmp) > 1.05);
}

TEST_CASE("a step in which nothing is slowed is the step; slower classes prolong it") {
  auto t = toy::moe(plan::Schedule::one_f_one_b, 4, 32, 16);
  t.software.p2p_waits.value = true;
  cluster::Slowdowns slowed;
  auto spec = t.spec();
  const Seconds whole = toy::step(spec, 8).result.step_time;
  spec.slowdowns = &slowed;
  CHECK(toy::step(spec, 8).result.step_time == whole);
  for (std::size_t c = 0; c < cluster::traffic_classes; ++c) {
    Seconds before = whole;
    for (const double factor : {2.0, 20.0, 200.0}) {
      slowed.of[c].slowest = factor;
      const Seconds now = toy::step(spec, 8).result.step_time;
      CHECK(now >= before);
      before = now;
    }
    CHECK(before > whole);
    slowed.of[c].slowest = 1;
  }
}

TEST_CASE("what flows lose is relative to the NIC's achieved rate: the cable has what was seen on one") {
  auto t = toy::moe(plan::Schedule::one_f_one_b, 4, 32, 16);
  t.cluster.fabric.switch_ports = 8;  // four of 16 nodes under a leaf
  const auto placement = topology::place_at_random(t.cluster, 1);
  const auto exchange = [&] {
    return cluster::share_fabric(t.spec(), {Routing::static_rule, 1, placement})
        .value()[TrafficClass::exchange]
        .slowest;
  };
  const double equal = exchange();  // no rings measured: a cable as fast as a NIC
  REQUIRE(equal > 1.2);
  t.nic.rings.value = t.nic.achieved.value * 1.1;
  CHECK(exchange() == Approx(equal / 1.1));
  t.nic.rings.value = t.nic.achieved.value * 10;
  CHECK(exchange() == 1);
}
