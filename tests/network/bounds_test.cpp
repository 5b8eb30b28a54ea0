#include "network/bounds.hpp"

#include "catch.hpp"
#include "network/patterns.hpp"
#include "topology/build.hpp"
#include "topology/fabrics/fat_tree2.hpp"

using namespace foretrain;
using namespace foretrain::network;
using namespace foretrain::literals;

namespace {

const HostLinks card{50_GBps, {}, 1};
const HostLinks server{50_GBps, 200_GBps, 8};

}  // namespace

TEST_CASE("host links are the slowest endpoint's, with what PCIe and shared cards leave") {
  const auto tree = topology::fabrics::fat_tree2({32, 8}, {{40_GBps, 1_us}, {80_GBps, 1_us}}).value();
  CHECK(host_links_of(tree, list_channels(tree)).nic.base() == 40e9);
  Efficiency efficiency;
  efficiency.of[static_cast<std::size_t>(topology::LinkKind::nic)] = 0.5;
  CHECK(host_links_of(tree, list_channels(tree, efficiency)).nic.base() == 20e9);
  topology::ClusterSpec spec;
  spec.gpus = 32;
  spec.nics_per_node = 4;
  spec.fabric.planes = 4;
  const auto cluster = topology::build(spec, {200_GBps, 60_GBps, 50_GBps, 50_GBps})->fabric();
  const HostLinks host = host_links_of(cluster, list_channels(cluster));
  CHECK(host.nic.base() == 25e9);  // two GPUs a card
  CHECK(host.nvlink.base() == 200e9);
  CHECK(host.per_domain == 8);
}

TEST_CASE("the bounds are the bytes of the pattern over the link that is short") {
  CHECK(bound_of_all_to_all(2048, 64_MiB, card).time.base() == Approx(2047.0 / 2048 * 67108864 / 50e9));
  CHECK(bound_of_all_to_all(64, 64_MiB, server).time.base() == Approx(56.0 / 64 * 67108864 / 50e9));
  CHECK(bound_of_all_to_all(8, 64_MiB, server).time.base() == Approx(7.0 / 8 * 67108864 / 200e9));
  CHECK(bound_of_incast(9, 1_MiB, card).time.base() == Approx(8 * 1048576 / 50e9));
  CHECK(bound_of_permutation(list_permutation(16, 1_MiB, 1), card).time.base() == Approx(1048576 / 50e9));
  CHECK(bound_of_permutation(list_permutation(8, 1_MiB, 1), server).time.base() == Approx(1048576 / 200e9));
  CHECK(bound_of_all_reduce(16, 1_GiB, card).time.base() == Approx(2 * 15.0 / 16 * 1073741824 / 50e9));
  CHECK(bound_of_all_reduce(64, 1_GiB, server).time.base() == Approx(2 * 63.0 / 64 * 1073741824 / 250e9));
  const Bound half = bound_of_bisection(16, 1_MiB, 100_GBps);
  CHECK(half.time.base() == Approx(8 * 8 * 1048576.0 / 16 / 100e9));  // 8 send 1/16 each to the 8 across
  CHECK(longer(half, bound_of_all_to_all(16, 1_MiB, card)).term == half.term);
}

TEST_CASE("a torus is bound by its longest dimension, or by a single link where there are two nodes") {
  const double sent = 1048576 / 50e9;
  CHECK(bound_of_torus({4, 4, 8}, 1_MiB, 50_GBps).time.base() == Approx(sent));  // k / 8
  CHECK(bound_of_torus({4, 4, 8}, 1_MiB, 50_GBps).term == "bytes across the torus's dimension of 8");
  CHECK(bound_of_torus({5, 4, 3}, 1_MiB, 50_GBps).time.base() == Approx(sent * 24 / 40));
  CHECK(bound_of_torus({3, 2, 1}, 1_MiB, 50_GBps).term == "bytes across the torus's dimension of 2");
  CHECK(bound_of_torus({2, 1, 1}, 1_MiB, 50_GBps).time.base() == Approx(sent / 2));
  // The same as through the bisection: 2 * 16 links part 4 x 4 x 8 nodes.
  CHECK(bound_of_bisection(128, 1_MiB, 32 * 50_GBps).time.base() == Approx(sent));
}

TEST_CASE("a ring of small pieces is bound by its ways, of large ones by its bytes") {
  const MessageList small = list_ring_messages({1, 16}, 16_MiB);
  CHECK(bound_of_ring(small, 16_MiB, card, 1_ms).time.base() == Approx(30 * (1048576 / 50e9 + 1e-3)));
  CHECK(bound_of_ring(small, 16_MiB, card, 0_s).time == bound_of_all_reduce(16, 16_MiB, card).time);
}

TEST_CASE("loads add up what crosses each channel and find the fullest") {
  const auto tree = topology::fabrics::fat_tree2({8, 16}, {{50_GBps, 1_us}, {50_GBps, 1_us}}).value();
  const Channels channels = list_channels(tree);
  const topology::Paths paths(tree, topology::Routing::static_rule, 1);
  const MessageList list = list_incast(8, 1_MiB);
  const Loads loads = loads_of(list, channels, paths_of(list, paths));
  CHECK(loads.busiest_time.base() == Approx(7 * 1048576 / 50e9));
  CHECK(loads.bytes[loads.busiest] == 7 * 1048576.0);
  CHECK((loads.longest_latency == 2000 && loads.shortest_latency == 2000));
}

TEST_CASE("an exchange's pieces hide the shorter hop but for the first") {
  ExpertExchange x;
  x.tokens = 100_MB;
  x.spread.remote_nodes = 3;
  x.spread.nvlink_copies = 4;
  x.pieces = 10;
  const double rails = 300e6 / 50e9, nvlink = 400e6 / 200e9;
  CHECK(bound_of_exchange(x, server).time.base() == Approx(rails));
  CHECK(time_of_exchange(x, server, 5_us).base() == Approx(rails + nvlink / 10 + 5e-6));
}
