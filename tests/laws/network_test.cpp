// Patterns over every kind of network: bytes are conserved on every channel, every rate has a bottleneck, and
// folding changes nothing. Times against closed forms are in closed_forms_test.cpp.

#include "catch.hpp"
#include "laws/networks.hpp"

using namespace networks;
using network::MessageList;

namespace {

std::uint32_t endpoints_of(const Named& net) {
  return static_cast<std::uint32_t>(net.fabric.endpoints.size());
}

void check_conserved(const Run& done) {
  for (std::size_t c = 0; c < done.channels.size(); ++c)
    REQUIRE(done.carried.channel_bytes[c] == Approx(done.loads.bytes[c]).epsilon(1e-9));
  CHECK(done.carried.certified == done.carried.rates);
}

// What goes into the network at its edge comes out of it.
void check_sent_is_received(const topology::Fabric& fabric, const Run& done, double sent) {
  std::vector<double> out(fabric.nodes.size(), 0), in(fabric.nodes.size(), 0);
  for (std::size_t c = 0; c < done.channels.size(); ++c) {
    const topology::Link& link = fabric.links[c / 2];
    out[index_of(c % 2 == 0 ? link.a : link.b)] += done.carried.channel_bytes[c];
    in[index_of(c % 2 == 0 ? link.b : link.a)] += done.carried.channel_bytes[c];
  }
  for (std::size_t node = 0; node < out.size(); ++node)
    CHECK(out[node] == Approx(in[node]).epsilon(1e-9));  // every endpoint sends as much as it gets
  double edge = 0;
  for (const topology::NodeId endpoint : fabric.endpoints) edge += out[index_of(endpoint)];
  CHECK(edge >= sent * (1 - 1e-9));  // more where endpoints pass on
}

}  // namespace

TEST_CASE("all to all, what is sent is received, on every kind of network") {
  for (const Named& net : all()) {
    const std::uint32_t n = endpoints_of(net);
    CAPTURE(net.name, n);
    const Run done = run(net.fabric, network::list_all_to_all(n, 64_MiB));
    check_conserved(done);
    check_sent_is_received(net.fabric, done, (n - 1) * 67108864.0);
  }
}

TEST_CASE("rings inside NVLink domains share the rails evenly") {
  for (const Named& net : all()) {
    if (!net.fabric.layout) continue;
    CAPTURE(net.name);
    const MessageList list = network::list_ring_messages({8, 8}, 512_MiB);
    const Run done = run(net.fabric, list);
    // 8 rings; on each a piece of S / (64 * 8) crosses a rail in every one of 126 rounds.
    CHECK(done.seconds() == Approx(126 * 536870912.0 / 512 / rate).epsilon(0.01));
    check_conserved(done);
  }
}

TEST_CASE("a permutation under one leaf fills everyone's NIC") {
  const auto leaf = fabrics::fat_tree2({16, 64}, {cable, cable}).value();
  const Run done = run(leaf, network::list_permutation(16, 64_MiB, 5));
  CHECK(done.seconds() == Approx(67108864.0 / rate).epsilon(0.01));
}

TEST_CASE(
    "with any routing an all-to-all takes what its fullest channel needs; adaptive routing keeps it full") {
  const auto tree = fabrics::fat_tree2({64, 16}, {cable, cable}).value();
  const MessageList list = network::list_all_to_all(64, 64_MiB);
  const double nic = 63.0 / 64 * 67108864.0 / rate;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const network::Channels channels = network::list_channels(tree);
    const topology::Paths hashed(tree, topology::Routing::ecmp, seed);
    const network::PathOf path_of = network::paths_of(list, hashed);
    const network::Loads loads = network::loads_of(list, channels, path_of);
    const network::Carried carried = network::carry(network::route_messages(list, channels, path_of));
    const double latest = loads.busiest_time.base() + static_cast<double>(loads.longest_latency) * 1e-9;
    CHECK(static_cast<double>(carried.end) * 1e-9 <= latest + 2e-9);
    CHECK(static_cast<double>(carried.end) * 1e-9 >= loads.busiest_time.base());
    CHECK(loads.busiest_time.base() > 1.05 * nic);  // collisions cost
  }
  const topology::Paths free(tree, topology::Routing::adaptive, 1);
  const network::Carried adaptive = network::carry(network::unrouted(list, network::list_channels(tree)),
                                                   {.adaptive = &free, .ends = &list});
  CHECK(static_cast<double>(adaptive.end) * 1e-9 < 1.03 * nic);
}

TEST_CASE("adaptive routing comes near the even load of a torus") {
  const auto torus = fabrics::torus({5, 5, 5}, cable).value();
  const MessageList list = network::list_all_to_all(125, 64_MiB);
  const topology::Paths free(torus, topology::Routing::adaptive, 1);
  const network::Carried carried = network::carry(network::unrouted(list, network::list_channels(torus)),
                                                  {.adaptive = &free, .ends = &list});
  const double even =
      125 * 24 / 40.0 * 67108864.0 / 125 / rate;  // n (k^2 - 1) / 8k messages over each channel
  CHECK(static_cast<double>(carried.end) * 1e-9 >= even);
  CHECK(static_cast<double>(carried.end) * 1e-9 < 1.15 * even);
}

TEST_CASE("folded and one by one are the same to the nanosecond on every kind of network") {
  for (const Named& net : all()) {
    const std::uint32_t n = endpoints_of(net);
    const topology::Paths paths(net.fabric, topology::Routing::static_rule, 1);
    for (const MessageList& list :
         {network::list_all_to_all(n, 3_MiB), network::list_ring_messages({1, n}, 1_MiB)}) {
      const network::PathOf path_of = network::paths_of(list, paths);
      const auto folded = network::fold(list, network::list_channels(net.fabric), path_of);
      if (!folded) continue;
      CAPTURE(net.name, list.rounds, folded->flows.flows.size());
      const network::Carried alike = network::carry(folded->flows);
      const Run whole = run(net.fabric, list);
      const std::size_t classes = folded->flows.flows.size();
      bool same = true;
      for (std::size_t round = 0; round < list.rounds; ++round)
        for (std::size_t i = 0; i < list.size(); ++i)
          same = same && alike.arrivals[round * classes + folded->class_of(list, i, path_of)] ==
                             whole.carried.arrivals[round * list.size() + i];
      CHECK(same);
    }
  }
}
