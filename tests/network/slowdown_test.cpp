// Messages that are sent at once on a tree small enough to follow by hand: four leaves of two endpoints and
// two uplinks each, two spines. By destination, d goes over spine d modulo 2.

#include "network/slowdown.hpp"

#include "base/random.hpp"
#include "catch.hpp"
#include "network/bounds.hpp"
#include "network/patterns.hpp"
#include "topology/build.hpp"

using namespace foretrain;
using namespace foretrain::literals;
using network::SentAtOnce;
using topology::Routing;

namespace {

topology::Fabric tree(Bandwidth cable = 50_GBps, std::int64_t gpus = 8, std::int64_t ports = 4) {
  topology::ClusterSpec c;
  c.gpus = gpus;
  c.gpus_per_node = c.nics_per_node = c.fabric.planes = 1;
  c.fabric.switch_ports = ports;
  return topology::build(
             c, {.nvlink = 200_GBps, .pcie = 50_GBps, .nic = 50_GBps, .leaf_spine = cable, .latency = {}})
      ->fabric();
}

SentAtOnce sent(const std::vector<std::array<std::uint32_t, 3>>& messages) {  // from, to, group
  SentAtOnce all;
  for (const auto& [from, to, group] : messages) {
    all.list.listed.push_back({from, to, 1_GB, {}});
    all.groups.push_back(group);
  }
  return all;
}

double slowest(const SentAtOnce& all, Routing routing, Bandwidth cable = 50_GBps) {
  return network::slowdown_of(all, tree(cable), routing, 1).slowest;
}

}  // namespace

TEST_CASE("two messages on one uplink take twice as long, on two as long as alone") {
  const auto one_spine = sent({{0, 2, 0}, {1, 4, 0}}), two_spines = sent({{0, 2, 0}, {1, 3, 0}});
  CHECK(slowest(one_spine, Routing::static_rule) == Approx(2));
  CHECK(slowest(two_spines, Routing::static_rule) == 1);
  CHECK(slowest(two_spines, Routing::shortest) == Approx(2));  // always the first uplink
  CHECK(slowest(one_spine, Routing::adaptive) == 1);
  CHECK(slowest(two_spines, Routing::adaptive) == 1);
}

TEST_CASE("messages that meet on the way down are slowed alike") {
  CHECK(slowest(sent({{0, 4, 0}, {2, 5, 0}}), Routing::static_rule) == 1);
  CHECK(slowest(sent({{0, 4, 0}, {2, 5, 0}}), Routing::shortest) ==
        Approx(2));  // both over spine 0 to leaf 2
}

TEST_CASE("the fabric counts only where it gives a flow less than its NIC does") {
  const auto meet = sent({{0, 2, 0}, {1, 4, 0}});
  CHECK(slowest(meet, Routing::static_rule, 75_GBps) == Approx(2 / 1.5));
  CHECK(slowest(meet, Routing::static_rule, 100_GBps) == 1);
  CHECK(slowest(meet, Routing::static_rule, 25_GBps) == Approx(4));
  // Two from one NIC have half of it each in any fabric.
  CHECK(slowest(sent({{0, 2, 0}, {0, 4, 0}}), Routing::static_rule) == 1);
}

TEST_CASE("a group waits for its own slowest message and for no other group's") {
  const auto all = sent({{0, 2, 0}, {1, 4, 0}, {6, 7, 1}});
  const auto slowed = network::slowdown_of(all, tree(), Routing::static_rule, 1);
  CHECK(slowed.slowest == Approx(2));
  CHECK(slowed.mean == Approx(1.5));
  CHECK(slowed.crossing == Approx(2.0 / 3));
  const auto apart = network::slowdown_of(sent({{0, 2, 0}, {1, 4, 1}}), tree(), Routing::static_rule, 1);
  CHECK(apart.mean == Approx(2));  // groups that meet slow each other
  const auto none = network::slowdown_of({}, tree(), Routing::static_rule, 1);
  CHECK(none.slowest == 1);
  CHECK(none.crossing == 0);
}

TEST_CASE("of equal messages the channel with the most bytes decides, to the tick") {
  const auto fabric = tree(50_GBps, 128, 16);
  const auto routing = GENERATE(Routing::static_rule, Routing::ecmp);
  const std::uint64_t seed = GENERATE(1, 2, 3);
  SentAtOnce all;
  all.list = network::list_permutation(128, 1_GB, seed);
  const auto more = network::list_permutation(128, 1_GB, seed + 10);
  all.list.listed.insert(all.list.listed.end(), more.listed.begin(), more.listed.end());
  all.groups.assign(256, 0);
  const auto channels = network::list_channels(fabric);
  const topology::Paths paths(fabric, routing, seed);
  const auto loads = network::loads_of(all.list, channels, network::paths_of(all.list, paths));
  const Seconds host = 2_GB / 50_GBps;
  const double slowed = network::slowdown_of(all, fabric, routing, seed).slowest;
  CHECK(slowed > 1);
  CHECK(slowed == Approx(loads.busiest_time / host).epsilon(1e-6));
  CHECK(network::slowdown_of(all, fabric, Routing::adaptive, seed).slowest < slowed);
}
