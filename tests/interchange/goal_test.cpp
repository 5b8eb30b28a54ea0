#include "interchange/goal.hpp"

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "interchange/goal_reader.hpp"
#include "interchange/replay.hpp"
#include "interchange/verify.hpp"
#include "network/collective.hpp"

namespace {

using namespace foretrain;
using interchange::Collective;
using interchange::Node;
using interchange::NodeKind;

// A workload in which `ranks` ranks compute 5 ns, meet in one collective, and compute 7 ns.
interchange::Workload meeting(std::uint32_t ranks, Collective collective, Bytes size) {
  interchange::Workload w;
  for (std::uint32_t r = 0; r < ranks; ++r) {
    Node before, meet, after;
    before.id = 1;
    before.duration = sim::Ticks{5};
    meet.id = 2;
    meet.kind = NodeKind::collective;
    meet.collective = collective;
    meet.size = size;
    meet.needs = {0};
    after.id = 3;
    after.duration = sim::Ticks{7};
    after.needs = {1};
    w.ranks.push_back({before, meet, after});
  }
  return w;
}

std::string text_of(const interchange::Workload& w, const interchange::GoalOptions& options = {}) {
  std::string text = interchange::goal_header(w.ranks.size());
  for (std::uint32_t r = 0; r < w.ranks.size(); ++r)
    text += interchange::to_goal(w.ranks[r], r, w.ranks.size(), w.groups, options);
  return text;
}

double sent_by(const interchange::Workload& w, std::uint32_t rank) {
  double sum = 0;
  for (const auto& node : w.ranks[rank])
    if (node.kind == NodeKind::send) sum += node.size.base();
  return sum;
}

}  // namespace

TEST_CASE("a message between two ranks in GOAL, every byte") {
  interchange::Workload w;
  w.ranks.resize(2);
  Node calc, send, receive;
  calc.id = 1;
  calc.duration = sim::Ticks{1200};
  send.id = 2;
  send.kind = NodeKind::send;
  send.size = bytes(4096);
  send.peer = 1;
  send.tag = 7;
  send.needs = {0};
  receive.id = 1;
  receive.kind = NodeKind::receive;
  receive.size = bytes(4096);
  receive.tag = 7;
  w.ranks[0] = {calc, send};
  w.ranks[1] = {receive};
  CHECK(text_of(w) == R"(num_ranks 2
rank 0 {
l1: calc 1200
l2: send 4096b to 1 tag 7
l2 requires l1
}
rank 1 {
l1: recv 4096b from 0 tag 7
}
)");
  CHECK(text_of(w, {.picoseconds = true}).find("calc 1200000\n") != std::string::npos);
}

TEST_CASE("collectives in GOAL move the bytes of the transfer lists, and everybody waits for everybody") {
  const auto ranks = GENERATE(2, 3, 8);
  const network::GroupShape group{ranks, 1};
  const Bytes buffer = bytes(9600.0 * ranks);
  struct Case {
    Collective collective;
    Bytes put_in;
    network::Rounds rounds;
  };
  const std::vector<Case> cases{
      {Collective::reduce_scatter, buffer, network::list_ring_reduce_scatter(group, buffer)},
      {Collective::all_gather, buffer / ranks, network::list_ring_all_gather(group, buffer)},
      {Collective::all_reduce, buffer, network::list_ring_all_reduce(group, buffer)}};
  for (const auto& c : cases) {
    CAPTURE(ranks, name_of(c.collective));
    const auto read = goal::read(text_of(meeting(static_cast<std::uint32_t>(ranks), c.collective, c.put_in)));
    REQUIRE(interchange::faults_of(read) == std::vector<std::string>{});
    std::vector<double> listed(static_cast<std::size_t>(ranks), 0);
    for (const auto& round : c.rounds)
      for (const auto& transfer : round)
        listed[static_cast<std::size_t>(transfer.from)] += transfer.size.base();
    for (std::uint32_t r = 0; r < read.ranks.size(); ++r) CHECK(sent_by(read, r) == Approx(listed[r]));
    CHECK(interchange::replay(read).makespan.time_since_epoch() == sim::Ticks{12});
  }
}

TEST_CASE("an all-to-all in GOAL sends each rank its part") {
  const auto w = meeting(4, Collective::all_to_all, bytes(4000));
  const auto read = goal::read(text_of(w, {.collective_tag = 50}));
  REQUIRE(interchange::faults_of(read) == std::vector<std::string>{});
  std::vector<double> received(4, 0);
  for (const auto& node : read.ranks[2])
    if (node.kind == NodeKind::send) {
      received[node.peer] += node.size.base();
      CHECK(node.tag == 50);
    }
  CHECK(received == std::vector<double>{1000, 1000, 0, 1000});
}

TEST_CASE("all-to-alls in a row take lines by their messages, not by pairs of messages") {
  constexpr std::uint32_t ranks = 64;
  auto w = meeting(ranks, Collective::all_to_all, bytes(6400));
  for (auto& nodes : w.ranks) {
    Node again = nodes[1];
    again.id = 4;
    again.needs = {1};
    nodes.push_back(again);
    nodes[2].needs = {3};
  }
  const auto text = interchange::to_goal(w.ranks[0], 0, ranks, w.groups, {});
  CHECK(std::count(text.begin(), text.end(), '\n') < 2 * 6 * ranks + 10);
  const auto read = goal::read(text_of(w));
  REQUIRE(interchange::faults_of(read) == std::vector<std::string>{});
  CHECK(sent_by(read, 5) == 2 * 6300);
  auto late = read;  // one rank is late: nobody begins the second before it has come
  late.ranks[7][0].duration = sim::Ticks{1000};
  CHECK(interchange::replay(late).makespan.time_since_epoch() == sim::Ticks{1007});
}

TEST_CASE("an all-reduce smaller than its group is a dissemination of log2 n rounds") {
  const auto ranks = GENERATE(2, 5, 16);
  const auto read =
      goal::read(text_of(meeting(static_cast<std::uint32_t>(ranks), Collective::all_reduce, bytes(1))));
  REQUIRE(interchange::faults_of(read) == std::vector<std::string>{});
  std::size_t sends = 0;
  for (const auto& node : read.ranks[0]) sends += node.kind == NodeKind::send ? 1 : 0;
  CHECK(sends == static_cast<std::size_t>(std::ceil(std::log2(ranks))));
  // One rank is late: all are, so each has heard of it.
  auto late = read;
  late.ranks[1][0].duration = sim::Ticks{1000};
  CHECK(interchange::replay(late).makespan.time_since_epoch() == sim::Ticks{1007});
}
