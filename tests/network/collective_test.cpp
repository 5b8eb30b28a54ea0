#include "network/collective.hpp"

#include <set>

#include "catch.hpp"
#include "network/plain_fair_share.hpp"
#include "topology/build.hpp"
#include "topology/route.hpp"

using namespace foretrain;
using namespace foretrain::network;
using namespace foretrain::literals;

namespace {

const LinkSpeeds speeds{44_GBps, 160_GBps, 3.7_us, 3.3_us};
const LinkSpeeds instant{44_GBps, 160_GBps};

}  // namespace

TEST_CASE("rings have nccl-tests' factors: (n-1)/n, and twice that for all-reduce") {
  const auto n = GENERATE(std::int64_t{2}, std::int64_t{4}, std::int64_t{7}, std::int64_t{64});
  const double factor = static_cast<double>(n - 1) / static_cast<double>(n);
  const GroupShape flat{1, n}, node{n, 1};
  CHECK(time_of_reduce_scatter(1_GB, flat, instant).base() == Approx(factor / 44));
  CHECK(time_of_all_gather(1_GB, node, instant).base() == Approx(factor / 160));
  CHECK(time_of_ring_all_reduce(1_GB, flat, instant).base() == Approx(2 * factor / 44));
  const Seconds delays =
      time_of_reduce_scatter(1_GB, flat, speeds) - time_of_reduce_scatter(1_GB, flat, instant);
  CHECK(delays.base() == Approx(static_cast<double>(n - 1) * 3.7e-6));
}

TEST_CASE("closed forms equal the lists they stand for") {
  const auto m = GENERATE(std::int64_t{1}, std::int64_t{2}, std::int64_t{8});
  const auto k = GENERATE(std::int64_t{1}, std::int64_t{3}, std::int64_t{8});
  const GroupShape g{m, k};
  const auto equal = [&](Seconds closed, const Rounds& list) {
    CHECK(closed.base() == Approx(time_of(list, g.size(), speeds).base()).epsilon(1e-12));
  };
  equal(time_of_reduce_scatter(1_GB, g, speeds), list_ring_reduce_scatter(g, 1_GB));
  equal(time_of_all_gather(1_GB, g, speeds), list_ring_all_gather(g, 1_GB));
  equal(time_of_ring_all_reduce(1_GB, g, speeds), list_ring_all_reduce(g, 1_GB));
  equal(time_of_hierarchical_all_reduce(1_GB, g, speeds), list_hierarchical_all_reduce(g, 1_GB));
  for (const auto how : {ContextExchange::ring, ContextExchange::all_gather})
    equal(time_of_context_exchange(1_MB, g, how, speeds), list_context_exchange(g, 1_MB, how));
}

TEST_CASE("every rank sends what the collective must move, and bytes sent are bytes received") {
  const GroupShape g{4, 4};
  const auto moved = [&](const Rounds& rounds) {
    Round all;
    for (const Round& r : rounds) all.insert(all.end(), r.begin(), r.end());
    const Traffic t = sum(all);
    CHECK(t.ib_out == t.ib_in);
    CHECK(t.nvlink_out == t.nvlink_in);
    for (const Traffic& rank : sum_by_rank(all, g.size()))
      CHECK((rank.ib_out + rank.nvlink_out).base() == Approx((t.ib_out + t.nvlink_out).base() / 16));
    return (t.ib_out + t.nvlink_out).base();
  };
  CHECK(moved(list_ring_reduce_scatter(g, 16_MB)) == Approx(15 * 16e6));
  CHECK(moved(list_ring_all_reduce(g, 16_MB)) == Approx(30 * 16e6));
  CHECK(moved(list_hierarchical_all_reduce(g, 16_MB)) == Approx(16 * (2 * 3 * 4e6 + 2 * 3 * 1e6)));
  CHECK(moved(list_context_exchange(g, 1_MB, ContextExchange::all_gather)) == Approx(16 * 15 * 1e6));
}

TEST_CASE("a ring visits every rank once and, where its nodes divide, keeps to its rail") {
  const GroupShape g{8, 16};
  const Rounds rounds = list_ring_reduce_scatter(g, 1_MB);
  REQUIRE(rounds.size() == 127);
  std::multiset<std::size_t> senders, receivers;
  for (const Transfer& t : rounds.front()) {
    senders.insert(index_of(t.from));
    receivers.insert(index_of(t.to));
    if (t.hop == Hop::ib) CHECK(index_of(t.from) % 8 == index_of(t.to) % 8);
  }
  for (std::size_t rank = 0; rank < 128; ++rank) {
    CHECK(senders.count(rank) == 8);
    CHECK(receivers.count(rank) == 8);
  }
}

TEST_CASE("an all-gather hands every block to every rank") {
  // Follow the blocks through the rounds of one ring: after n - 1 of them, every rank has seen all.
  const GroupShape g{2, 3};
  std::vector<std::set<std::size_t>> held(6);
  std::vector<std::size_t> newest(6);
  for (std::size_t r = 0; r < 6; ++r) held[r] = {newest[r] = r};
  for (const Round& round : list_context_exchange(g, 1_MB, ContextExchange::ring)) {
    const std::vector<std::size_t> before = newest;
    for (const Transfer& t : round)
      held[index_of(t.to)].insert(newest[index_of(t.to)] = before[index_of(t.from)]);
  }
  for (const auto& blocks : held) CHECK(blocks.size() == 6);
}

TEST_CASE("the data-parallel step of V3") {
  // 7.4 GB of FP32 gradients over 256 GPUs, 8 in each of 32 nodes: eight rails carry 1/8 each, and NVLink
  // 7/8.
  const Seconds dense = time_of_reduce_scatter(7.4_GB, {8, 32}, instant);
  CHECK(dense.base() == Approx(7.4e9 * 255 / 256 * 7 / 8 / 160e9));
  // 5.6 GB over 4 GPUs of 4 nodes: one rail.
  const Seconds expert = time_of_reduce_scatter(5.6_GB, {1, 4}, instant);
  CHECK(expert.base() == Approx(5.6e9 * 3 / 4 / 44e9));
}

TEST_CASE("the hierarchical form wins when latency counts, the ring when bandwidth does") {
  const GroupShape g{8, 32};
  CHECK(time_of_hierarchical_all_reduce(1_MB, g, speeds) < time_of_ring_all_reduce(1_MB, g, speeds));
  CHECK(time_of_hierarchical_all_reduce(10_GB, g, speeds) > time_of_ring_all_reduce(10_GB, g, speeds));
  CHECK(time_of_all_reduce(1_MB, g, speeds) == time_of_hierarchical_all_reduce(1_MB, g, speeds));
  CHECK(time_of_all_reduce(10_GB, g, speeds) == time_of_ring_all_reduce(10_GB, g, speeds));
}

TEST_CASE("a collective is never slower with more bandwidth") {
  for (const GroupShape& g : {GroupShape{8, 1}, GroupShape{1, 8}, GroupShape{4, 4}})
    for (const double ib : {40e9, 50e9, 100e9}) {
      LinkSpeeds faster = speeds;
      faster.ib = Bandwidth::from_base(ib * 1.25);
      LinkSpeeds slower = speeds;
      slower.ib = Bandwidth::from_base(ib);
      CHECK(time_of_all_reduce(1_GB, g, faster) <= time_of_all_reduce(1_GB, g, slower));
    }
}

TEST_CASE("a ring round over the real cables takes the time that the list says") {
  // Eight nodes of the multi-plane cluster, every transfer a flow on its route, rates by max-min sharing.
  topology::ClusterSpec spec;
  spec.gpus = 64;
  const auto graph = topology::build(spec, {160_GBps, 64_GBps, 44_GBps, 44_GBps}).value();
  std::vector<double> capacities;
  for (const Bandwidth b : topology::list_channels(graph)) capacities.push_back(b.base());
  const GroupShape g{8, 8};
  const Round round = list_ring_reduce_scatter(g, 1_GB).front();
  std::vector<judge::Flow> flows;
  for (const Transfer& t : round) {
    judge::Flow flow;
    for (const topology::Step& s : topology::route(graph, static_cast<std::int64_t>(index_of(t.from)),
                                                   static_cast<std::int64_t>(index_of(t.to))))
      flow.links.push_back(topology::channel(s));
    flows.push_back(flow);
  }
  const std::vector<double> rates = judge::max_min_rates(capacities, flows);
  double slowest = 0;
  for (std::size_t f = 0; f < flows.size(); ++f) slowest = std::max(slowest, round[f].size.base() / rates[f]);
  CHECK(slowest == Approx(time_of({round}, g.size(), instant).base()));
}

TEST_CASE("a message pays its hop, and NVLink's latency when it changes rail") {
  CHECK(time_of_message(16_MB, Hop::nvlink, speeds).base() == Approx(1e-4 + 3.3e-6));
  CHECK(time_of_message(44_MB, Hop::ib, speeds).base() == Approx(1e-3 + 3.7e-6));
  CHECK(time_of_message(44_MB, Hop::ib, speeds, true).base() == Approx(1e-3 + 7e-6));
}
