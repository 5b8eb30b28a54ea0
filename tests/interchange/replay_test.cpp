#include "interchange/replay.hpp"

#include "catch.hpp"
#include "interchange/totals.hpp"
#include "interchange/verify.hpp"

namespace {

using namespace foretrain;
using namespace foretrain::literals;
using interchange::Collective;
using interchange::Node;
using interchange::NodeKind;
using interchange::Workload;

Node compute(std::uint64_t id, std::int64_t nanoseconds, std::vector<std::uint32_t> needs = {}) {
  Node n;
  n.id = id;
  n.name = "work";
  n.duration = sim::Ticks{nanoseconds};
  n.needs = std::move(needs);
  return n;
}
Node message(std::uint64_t id, NodeKind kind, std::uint32_t peer, std::vector<std::uint32_t> needs = {}) {
  Node n;
  n.id = id;
  n.name = kind == NodeKind::send ? "send" : "receive";
  n.kind = kind;
  n.peer = peer;
  n.size = bytes(1000);
  n.wire = sim::Ticks{20};
  n.duration = sim::Ticks{kind == NodeKind::send ? 25 : 0};
  n.needs = std::move(needs);
  return n;
}
Node collective(std::uint64_t id, Collective what, std::uint32_t group, std::vector<std::uint32_t> needs) {
  Node n;
  n.id = id;
  n.name = "meet";
  n.kind = NodeKind::collective;
  n.collective = what;
  n.group = group;
  n.size = bytes(8000);
  n.duration = sim::Ticks{30};
  n.needs = std::move(needs);
  return n;
}
std::int64_t end_of(const Workload& w, const interchange::ReplayRates& rates = {}) {
  const auto run = interchange::replay(w, rates);
  CHECK(run.stopped == "");
  return run.makespan.time_since_epoch().count();
}
std::string faults(const Workload& w) {
  std::string text;
  for (const auto& fault : interchange::faults_of(w)) text += fault + "\n";
  return text;
}

}  // namespace

TEST_CASE("a rank computes one node at a time, its host another beside it") {
  Workload w;
  w.ranks = {{compute(1, 10), compute(2, 20), compute(3, 25)}};
  w.ranks[0][2].on_host = true;
  CHECK(end_of(w) == 30);
  CHECK(interchange::replay(w).computing[0].count() == 30);
}

TEST_CASE("two messages at once take twice as long to leave, and then their latency") {
  Workload w;
  w.ranks = {{compute(1, 10), message(2, NodeKind::send, 1, {0}), message(3, NodeKind::send, 1, {0})},
             {message(1, NodeKind::receive, 0), message(2, NodeKind::receive, 0), compute(3, 100, {0, 1})}};
  REQUIRE(faults(w).empty());
  CHECK(end_of(w) == 10 + 40 + 5 + 100);
  // With a rate, 1000 bytes take 100 ns, two of them 200, and 7 more to arrive.
  CHECK(end_of(w, {.nic = 10_GBps, .latency = seconds(7e-9)}) == 10 + 200 + 7 + 100);
}

TEST_CASE("a collective begins when the last of its members is there, one of a group at a time") {
  Workload w;
  w.groups[4] = {0, 2};
  for (const std::int64_t late : {10, 20, 70})
    w.ranks.push_back({compute(1, late), collective(2, Collective::all_reduce, interchange::world, {0})});
  w.ranks[0].push_back(collective(3, Collective::all_to_all, 4, {0}));
  w.ranks[2].push_back(collective(3, Collective::all_to_all, 4, {0}));
  REQUIRE(faults(w).empty());
  CHECK(end_of(w) == 100);
  for (auto& nodes : w.ranks) nodes.push_back(collective(4, Collective::all_reduce, interchange::world, {0}));
  CHECK(end_of(w) == 130);
}

TEST_CASE("collectives timed by a rate take the factors of nccl-tests") {
  const auto [what, factor] = GENERATE(table<Collective, double>({{Collective::all_reduce, 1.5},
                                                                  {Collective::reduce_scatter, 0.75},
                                                                  {Collective::all_to_all, 0.75},
                                                                  {Collective::all_gather, 3},
                                                                  {Collective::broadcast, 1}}));
  Workload w;
  for (int r = 0; r < 4; ++r) w.ranks.push_back({collective(1, what, interchange::world, {})});
  CHECK(end_of(w, {.nic = 1_GBps}) == static_cast<std::int64_t>(8000 * factor));
}

TEST_CASE("what never ends is named") {
  Workload w;  // each rank receives before it sends
  w.ranks = {{message(1, NodeKind::receive, 1), message(2, NodeKind::send, 1, {0})},
             {message(1, NodeKind::receive, 0), message(2, NodeKind::send, 0, {0})}};
  REQUIRE(faults(w).empty());
  CHECK(interchange::replay(w).stopped == "rank 0 waits for ever in node 1 (receive)");
}

TEST_CASE("a rate at which nothing would end is told, whatever it is") {
  Workload w;
  w.ranks = {
      {message(1, NodeKind::send, 1), collective(2, Collective::all_reduce, interchange::world, {})},
      {message(1, NodeKind::receive, 0), collective(2, Collective::all_reduce, interchange::world, {})}};
  w.ranks[0][0].size = w.ranks[1][0].size = bytes(1e15);
  CHECK(interchange::replay(w, {.nic = Bandwidth::from_base(1)}).stopped ==
        "send takes 1e+15 s at this rate, more than 1,000");
  w.ranks = {{w.ranks[0][1]}, {w.ranks[1][1]}};
  w.ranks[0][0].size = w.ranks[1][0].size = bytes(1e15);
  CHECK(interchange::replay(w, {.nic = Bandwidth::from_base(1)}).stopped ==
        "meet takes 1e+15 s at this rate, more than 1,000");
}

TEST_CASE("a workload that contradicts itself is told so") {
  Workload w;
  w.ranks = {{compute(1, 10, {1}), compute(2, 20, {0})}};
  CHECK(faults(w) == "rank 0: node 1 (work) waits in a circle\n");
  w.ranks = {{compute(1, 10, {5})}};
  CHECK(faults(w) == "rank 0: node 1 (work) needs a node that does not exist\n");
  w.ranks = {{message(1, NodeKind::send, 1)}, {}};
  CHECK(faults(w) == "from rank 0 to rank 1, tag 0: 1 sent, 0 received\n");
  w.ranks = {{message(1, NodeKind::send, 7)}, {}};
  CHECK(faults(w) == "a message from rank 0 to rank 7, tag 0: there are ranks 0 to 1\n");
  w.ranks = {{message(1, NodeKind::send, 1)}, {message(1, NodeKind::receive, 0)}};
  w.ranks[1][0].size = bytes(5);
  CHECK(faults(w) == "from rank 0 to rank 1, tag 0: 1000 B sent, 5 B received\n");
  w.ranks = {{collective(1, Collective::all_reduce, 0, {})}, {}};
  CHECK(faults(w) == "group 0, rank 1: 0 collectives, where rank 0 has 1\n");
  w.ranks[1] = {collective(1, Collective::all_gather, 0, {})};
  CHECK(faults(w) ==
        "group 0, rank 1: collective 1 is all-gather of 8000 B, on rank 0 all-reduce of 8000 B\n");
  w.groups[3] = {1};
  w.ranks = {{collective(1, Collective::all_reduce, 3, {})}, {collective(1, Collective::all_reduce, 3, {})}};
  CHECK(faults(w) == "group 3, rank 0: it is no member\n");
}

TEST_CASE("totals count nodes and bytes by kind") {
  Workload w;
  w.ranks = {{compute(1, 10), message(2, NodeKind::send, 1), collective(3, Collective::all_to_all, 0, {})},
             {message(1, NodeKind::receive, 0), collective(2, Collective::all_to_all, 0, {})}};
  w.ranks[0][0].work = flops(50);
  const auto totals = totals_of(w);
  CHECK(totals.nodes() == 5);
  CHECK(totals.messages == bytes(1000));
  CHECK(totals.bytes[static_cast<std::size_t>(Collective::all_to_all)] == bytes(16000));
  CHECK(totals.work == flops(50));
}
