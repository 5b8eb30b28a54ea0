// Nothing is lost on the way: bytes sent are bytes received, and rows computed are the tokens' choices.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "catch.hpp"
#include "laws/toy.hpp"
#include "network/collective.hpp"
#include "network/exchange_list.hpp"
#include "network/row_spread.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::network;
using plan::Schedule;

std::size_t index(Rank rank) {
  return static_cast<std::size_t>(rank);
}

// Sums both ends of every transfer by hand, over all rounds.
struct Ends {
  std::vector<double> out, in;
};
Ends ends_of(const Rounds& rounds, std::int64_t ranks) {
  const std::vector<double> none(static_cast<std::size_t>(ranks));
  Ends ends{none, none};
  for (const auto& round : rounds)
    for (const auto& t : round) {
      REQUIRE(t.from != t.to);
      ends.out[index(t.from)] += t.size.base();
      ends.in[index(t.to)] += t.size.base();
    }
  return ends;
}
double total(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// Every rank sends `tokens` tokens, each to `top_k` GPUs drawn at random.
std::vector<RoutedToken> route(std::uint64_t seed, std::uint32_t ranks, int tokens, int top_k) {
  Rng rng(seed, "bytes/route");
  std::vector<RoutedToken> routed;
  for (std::uint32_t from = 0; from < ranks; ++from)
    for (int t = 0; t < tokens; ++t) {
      RoutedToken token{Rank{from}, {}};
      for (int k = 0; k < top_k; ++k)
        token.to.push_back(Rank{static_cast<std::uint32_t>(rng.uniform(ranks))});
      routed.push_back(token);
    }
  return routed;
}

// Copies that leave the sender's node, counted from the definition: one for each other node visited.
double rail_copies(const std::vector<RoutedToken>& tokens, std::size_t per_node) {
  double copies = 0;
  for (const auto& token : tokens) {
    std::set<std::size_t> nodes;
    for (const Rank to : token.to) nodes.insert(index(to) / per_node);
    nodes.erase(index(token.from) / per_node);
    copies += static_cast<double>(nodes.size());
  }
  return copies;
}

struct ByteShape {
  Schedule schedule;
  std::int32_t stages, micro_batches;
};
const std::vector<ByteShape> byte_shapes{{Schedule::one_f_one_b, 4, 8},
                                         {Schedule::zb1p, 4, 8},
                                         {Schedule::dualpipe, 4, 10},
                                         {Schedule::dualpipe_v, 4, 6}};

}  // namespace

TEST_CASE("pipeline messages: what a rank sends, its neighbours receive") {
  const ByteShape shape = byte_shapes[GENERATE(range(std::size_t{0}, std::size_t{4}))];
  CAPTURE(plan::name_of(shape.schedule));
  const auto t = toy::moe(shape.schedule, shape.stages, 16, 8);
  const auto stepped = toy::step(t.spec(), shape.micro_batches);
  const auto& timeline = stepped.result.timeline;
  const Bytes each = stepped.prepared.p2p_bytes;
  CHECK(each == bytes(2.0 * 2048 * 1024));  // BF16, tokens x hidden
  CHECK(stepped.prepared.p2p.wire == sim::to_ticks(each / t.nic.achieved.value));
  CHECK(timeline.messages_sent == timeline.messages_received);
  CHECK(timeline.messages.size() == timeline.messages_sent);
  // An activation and a gradient cross every border between ranks for each micro-batch, and no other message.
  std::map<std::pair<std::int32_t, std::int32_t>, double> sent;
  for (const auto& m : timeline.messages) sent[{m.from, m.to}] += each.base();
  double all = 0;
  for (const auto& [ends, moved] : sent) {
    CAPTURE(ends.first, ends.second);
    CHECK(std::abs(ends.first - ends.second) == 1);
    CHECK(moved == sent[{ends.second, ends.first}]);
    all += moved;
  }
  const int borders = shape.schedule == Schedule::dualpipe_v ? shape.stages - 2 : shape.stages - 1;
  CHECK(all == 2 * borders * shape.micro_batches * each.base());
}

TEST_CASE("an explicit dispatch and its combine move the same bytes in opposite directions") {
  const std::uint64_t seed = GENERATE(1U, 2U, 3U);
  constexpr std::uint32_t ranks = 16;
  constexpr double row = 7168;
  const auto tokens = route(seed, ranks, 20, 4);
  const auto there = list_dispatch(tokens, 4, bytes(row));
  const auto back = list_combine(tokens, 4, bytes(row));
  const Ends out = ends_of(there, ranks), home = ends_of(back, ranks);
  CHECK(total(out.out) == total(out.in));
  CHECK(total(home.out) == total(home.in));
  for (std::size_t r = 0; r < ranks; ++r) {
    CHECK(out.out[r] == home.in[r]);
    CHECK(out.in[r] == home.out[r]);
  }
  double rails = 0;
  for (const auto& round : there) {
    const Traffic both = sum(round);
    CHECK(both.ib_out == both.ib_in);
    CHECK(both.nvlink_out == both.nvlink_in);
    rails += both.ib_out.base();
  }
  CHECK(rails == rail_copies(tokens, 4) * row);
}

TEST_CASE("ring collectives: every rank sends what it receives, and as much as the formula says") {
  const std::vector<GroupShape> groups{{1, 2}, {8, 1}, {4, 3}, {8, 4}};
  const GroupShape group = groups[GENERATE(range(std::size_t{0}, std::size_t{4}))];
  const auto n = static_cast<double>(group.size());
  const Bytes buffer = bytes(1000.0 * n * static_cast<double>(group.gpus_per_node));
  CAPTURE(group.gpus_per_node, group.nodes);
  const auto check_each = [&](const Rounds& rounds, double factor) {
    const Ends ends = ends_of(rounds, group.size());
    for (std::size_t r = 0; r < ends.out.size(); ++r) {
      CHECK(ends.out[r] == Approx(ends.in[r]).epsilon(1e-12));
      CHECK(ends.out[r] == Approx(factor * (n - 1) / n * buffer.base()).epsilon(1e-12));
    }
  };
  check_each(list_ring_reduce_scatter(group, buffer), 1);
  check_each(list_ring_all_gather(group, buffer), 1);
  check_each(list_ring_all_reduce(group, buffer), 2);
}

TEST_CASE("the rows that a group computes are its tokens times the experts of each") {
  const auto t = toy::moe(Schedule::one_f_one_b, 1, 16, 16);
  const auto& in = toy::step(t.spec(), 2).prepared.inputs;
  const double chosen = static_cast<double>(in.work.tokens * t.model.moe.top_k);
  REQUIRE(in.unpadded_rows == chosen);
  const double spread = GENERATE(0.0, 0.02, 0.08, 0.3);
  Rng rng(3, "bytes/rows");
  for (int draw = 0; draw < 50; ++draw) {
    const auto rows = sample_rows(rng, in.group_ranks, in.unpadded_rows, spread,
                                  {in.work.local_experts, cluster::row_padding});
    std::int64_t sum = 0;
    for (const auto& rank : rows) {
      sum += rank.rows;
      CHECK(rank.padded >= static_cast<double>(rank.rows));
    }
    CHECK(sum == in.work.tokens * t.model.moe.top_k * in.group_ranks);
  }
}
