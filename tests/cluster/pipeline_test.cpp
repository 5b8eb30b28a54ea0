#include "cluster/pipeline.hpp"

#include "catch.hpp"
#include "cluster/uniform.hpp"

namespace {

using namespace foretrain;
using namespace std::chrono_literals;
using cluster::ChunkTimes;
using cluster::Lanes;
using cluster::P2p;
using cluster::Timeline;
using plan::Program;
using plan::Schedule;

constexpr cluster::UniformTimes unit{10ns, 20ns, 10ns, 30ns};

std::int64_t start_of(const Timeline& t, std::size_t rank, std::size_t i, std::size_t lane = 0) {
  return t.spans[lane][rank][i].start.time_since_epoch().count();
}

}  // namespace

TEST_CASE("two stages, one micro-batch: every wait written out") {
  const Program program = plan::list_program(Schedule::one_f_one_b, 2, 1);
  const Timeline t = cluster::simulate(program, cluster::list_times(program, unit), P2p{3ns, 5ns});
  CHECK(start_of(t, 1, 0) == 10 + 5 + 3);
  CHECK(start_of(t, 1, 1) == 28);
  CHECK(start_of(t, 0, 1) == 48 + 5 + 3);
  CHECK(t.makespan.time_since_epoch() == 76ns);
  REQUIRE(t.messages.size() == 2);
  CHECK(t.messages[0].to == 1);
  CHECK_FALSE(t.messages[0].is_gradient);
  CHECK(t.messages[0].end.time_since_epoch() == 18ns);
  CHECK(t.messages[1].is_gradient);
  CHECK(t.messages[1].from == 1);
}

TEST_CASE("with sender_waits a rank's next chunk starts when its message has left, before it arrives") {
  const Program program = plan::list_program(Schedule::one_f_one_b, 3, 4);
  const ChunkTimes times = cluster::list_times(program, unit);
  for (const bool shared : {true, false}) {
    CHECK(start_of(cluster::simulate(program, times, P2p{3ns, 5ns, false, shared}), 0, 1) == 10);
    CHECK(start_of(cluster::simulate(program, times, P2p{3ns, 5ns, true, shared}), 0, 1) == 15);
  }
}

TEST_CASE("the two messages of a pair share the port, unless each has its own") {
  const Program program = plan::list_program(Schedule::dualpipe, 2, 8);
  const ChunkTimes times = cluster::list_times(program, unit);
  for (const bool shared : {true, false}) {
    const Timeline t = cluster::simulate(program, times, P2p{1ns, 4ns, false, shared});
    int twins = 0;
    for (const cluster::Message& a : t.messages)
      for (const cluster::Message& b : t.messages)
        if (a.from == b.from && a.start == b.start && a.is_gradient && !b.is_gradient) {
          ++twins;
          CHECK((a.end - a.start) == (shared ? 9ns : 5ns));
          CHECK((b.end - b.start) == (shared ? 9ns : 5ns));
        }
    CHECK(twins > 0);
  }
}

TEST_CASE("groups run on their own times; a group's lanes start together") {
  const Program program = plan::list_program(Schedule::one_f_one_b, 2, 3);
  ChunkTimes times = cluster::list_times(program, unit);
  times.push_back(times[0]);
  for (auto& chunk : times[1][0]) chunk *= 2;  // group 1 is slow on rank 0
  const Timeline t = cluster::simulate(program, times, P2p{1ns, 2ns}, Lanes{2, 3});
  const Timeline fast = cluster::simulate(program, {times[0]}, P2p{1ns, 2ns});
  const Timeline slow = cluster::simulate(program, {times[1]}, P2p{1ns, 2ns});
  for (std::size_t lane = 0; lane < 6; ++lane)
    for (std::size_t rank = 0; rank < 2; ++rank)
      for (std::size_t i = 0; i < t.spans[lane][rank].size(); ++i)
        CHECK(start_of(t, rank, i, lane) == start_of(lane < 3 ? fast : slow, rank, i));
  CHECK(t.makespan == slow.makespan);
}

TEST_CASE("a chunk may take no time") {
  const Program program = plan::list_program(Schedule::zb1p, 4, 8);
  const Timeline t = cluster::simulate(program, cluster::list_times(program, {10ns, 20ns, 0ns, 30ns}), P2p{});
  CHECK(t.makespan.time_since_epoch() == (8 + 3) * 30ns);
}
