#include "network/fold.hpp"

#include "catch.hpp"
#include "network/carry.hpp"
#include "network/deliver.hpp"
#include "network/patterns.hpp"
#include "topology/fabrics/fat_tree2.hpp"

using namespace foretrain;
using namespace foretrain::network;
using namespace foretrain::literals;
using topology::Routing;

namespace {

struct Net {
  Net(std::uint32_t endpoints, std::int64_t ports, Routing routing = Routing::static_rule)
      : fabric(
            topology::fabrics::fat_tree2({endpoints, ports}, {{50_GBps, 700_ns}, {40_GBps, 500_ns}}).value()),
        channels(network::list_channels(fabric)),
        paths(fabric, routing, 1) {}
  topology::Fabric fabric;
  Channels channels;
  topology::Paths paths;
};

// Message by message, round by round, to the nanosecond.
void check_equal(const Net& net, const MessageList& list, std::size_t classes_at_most) {
  const PathOf path_of = paths_of(list, net.paths);
  const auto folded = fold(list, net.channels, path_of);
  REQUIRE(folded);
  const std::size_t classes = folded->flows.flows.size(), n = list.size();
  CHECK(classes <= classes_at_most);
  const Carried quotient = carry(folded->flows), whole = carry(route_messages(list, net.channels, path_of));
  for (std::size_t round = 0; round < list.rounds; ++round)
    for (std::size_t i = 0; i < n; ++i)
      REQUIRE(quotient.arrivals[round * classes + folded->class_of(list, i, path_of)] ==
              whole.arrivals[round * n + i]);
  for (std::size_t c = 0; c < net.channels.size(); ++c)
    if (folded->channel_class[c] != Folded::none)
      REQUIRE(quotient.channel_bytes[folded->channel_class[c]] ==
              Approx(whole.channel_bytes[c]).epsilon(1e-9));
}

}  // namespace

TEST_CASE("an all-to-all folds to a few flows and ends as it does message by message") {
  check_equal(Net(32, 8), list_all_to_all(32, 1_MiB), 3);
  check_equal(Net(128, 16), list_all_to_all(128, 3_MiB), 3);
  check_equal(Net(4, 64), list_all_to_all(4, 1_MiB), 1);
}

TEST_CASE("leaves that are not full leave their mark, and nothing is lost") {
  const auto spare = static_cast<std::uint32_t>(GENERATE(1, 2, 4, 8));
  const Net net(128 - spare, 16);
  const MessageList list = list_all_to_all(128 - spare, 1_MiB);
  check_equal(net, list, 13);
}

TEST_CASE("a ring folds to the places under one leaf") {
  check_equal(Net(32, 8), list_ring_messages({1, 32}, 1_MiB), 4);
  check_equal(Net(32, 8), list_ring_messages({4, 8}, 1_MiB), 32);
}

TEST_CASE("rounds as one list are the same list written out") {
  const Net net(32, 8);
  for (const MessageList& list : {list_ring_messages({1, 8}, 1_MiB), list_tree_messages(8, 1_MiB, 5)}) {
    const MessageList out = written_out(list);
    REQUIRE(out.size() == list.size() * list.rounds);
    const Carried rounds = carry(route_messages(list, net.channels, paths_of(list, net.paths)));
    const Carried all = carry(route_messages(out, net.channels, paths_of(out, net.paths)));
    CHECK(rounds.arrivals == all.arrivals);
  }
}

TEST_CASE("trees fold where their halves are alike") {
  const Net net(32, 8);
  const MessageList list = list_tree_messages(16, 1_MiB, 4);
  const PathOf path_of = paths_of(list, net.paths);
  check_equal(net, list, 30);
  const MessageList same_leaf = list_tree_messages(4, 1_MiB, 4);
  check_equal(net, same_leaf, 6);
}

TEST_CASE("what is not alike is not folded") {
  const Net net(64, 16, Routing::ecmp);
  const MessageList list = list_all_to_all(64, 1_MiB);
  CHECK_FALSE(fold(list, net.channels, paths_of(list, net.paths)));
}

TEST_CASE("the end of each message can be asked for, folded or not") {
  const Net net(32, 8);
  for (const MessageList& list : {list_all_to_all(32, 1_MiB), list_ring_messages({1, 32}, 1_MiB)}) {
    const auto alike = deliver(list, net.channels, net.paths);
    const auto alone = deliver(list, net.channels, net.paths, {.fold = false});
    REQUIRE((alike && alone));
    CHECK((alike->folded() && !alone->folded()));
    CHECK(alike->flows() < alone->flows());
    std::int64_t last = 0;
    for (std::size_t i = 0; i < list.size(); ++i)
      for (const std::uint32_t round : {std::uint32_t{0}, list.rounds - 1}) {
        REQUIRE(alike->finish_of(i, round) == alone->finish_of(i, round));
        last = std::max(last, alone->finish_of(i, round));
      }
    CHECK(last == alike->carried().end);
    const auto a = alike->channel_bytes(), b = alone->channel_bytes();
    for (std::size_t c = 0; c < a.size(); ++c) REQUIRE(a[c] == Approx(b[c]).epsilon(1e-9));
  }
  CHECK_FALSE(
      deliver(list_all_to_all(32, 1_MiB), net.channels, net.paths, {.fold = false, .most_flows = 900}));
}
