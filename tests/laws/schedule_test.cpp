// The schedules' published laws, exact to the nanosecond within their stated conditions, and what must hold
// of any run of any program.

#include <algorithm>
#include <array>

#include "catch.hpp"
#include "cluster/pipeline_metrics.hpp"
#include "cluster/uniform.hpp"

namespace {

using namespace foretrain;
using namespace std::chrono_literals;
using cluster::Lanes;
using cluster::P2p;
using cluster::RankMetrics;
using cluster::Timeline;
using cluster::UniformTimes;
using plan::Program;
using plan::Schedule;
using sim::Ticks;

constexpr std::array every_schedule{Schedule::one_f_one_b, Schedule::zb1p,  Schedule::dualpipe,
                                    Schedule::dualpipe_v,  Schedule::gpipe, Schedule::interleaved};

// Relative to a microsecond, so that halves are whole nanoseconds.
Ticks units(double u) {
  return Ticks{static_cast<std::int64_t>(u * 1000.0)};
}
UniformTimes times(double f, double b, double w, double fb) {
  return {units(f), units(b), units(w), units(fb)};
}

struct Played {
  Program program;
  Timeline timeline;
  std::vector<RankMetrics> ranks;
  Ticks makespan() const { return timeline.makespan.time_since_epoch(); }
};

Played run(Schedule schedule, std::int32_t stages, std::int32_t n, const UniformTimes& t, const P2p& p2p = {},
           const Lanes& lanes = {}, std::int32_t ways = 2) {
  Played r{plan::list_program(schedule, stages, n, schedule == Schedule::interleaved ? ways : 1), {}, {}};
  r.timeline = cluster::simulate(r.program, cluster::list_times(r.program, t), p2p, lanes);
  r.ranks = cluster::measure(r.program, r.timeline);
  return r;
}

void check_every_bubble(const Played& r, Ticks expected) {
  for (std::size_t rank = 0; rank < r.ranks.size(); ++rank) {
    CAPTURE(rank);
    REQUIRE(r.ranks[rank].bubble == expected);
  }
}

}  // namespace

TEST_CASE("1F1B with free communication takes exactly (m + P - 1)(F + B)") {
  const auto [f, b] =
      GENERATE(std::pair{1.0, 2.0}, std::pair{1.5, 1.0}, std::pair{0.3, 4.7}, std::pair{2.0, 2.0});
  for (const std::int32_t stages : {1, 2, 3, 4, 7, 8, 16})
    for (const std::int32_t n : {1, 2, 3, 7, 8, 20, 61}) {
      CAPTURE(stages, n, f, b);
      const Played r = run(Schedule::one_f_one_b, stages, n, times(f, b, 0.1, f + b));
      REQUIRE(r.makespan() == (n + stages - 1) * (units(f) + units(b)));
      check_every_bubble(r, (stages - 1) * (units(f) + units(b)));
    }
}

TEST_CASE("GPipe with free communication takes exactly (m + P - 1)(F + B), as 1F1B does") {
  for (const std::int32_t stages : {1, 2, 3, 8})
    for (const std::int32_t n : {1, 2, 7, 20}) {
      const UniformTimes t = times(1.5, 2.6, 0, 4);
      const Played r = run(Schedule::gpipe, stages, n, t);
      REQUIRE(r.makespan() == run(Schedule::one_f_one_b, stages, n, t).makespan());
      check_every_bubble(r, cluster::published_bubble(Schedule::gpipe, stages, t));
    }
}

TEST_CASE("interleaving v chunks a rank divides 1F1B's bubble by v, exactly, with a remainder too") {
  const auto [f, b] = GENERATE(std::pair{1.0, 2.0}, std::pair{1.5, 1.0}, std::pair{0.3, 4.7});
  for (const std::int32_t ranks : {1, 2, 3, 4, 8})
    for (const std::int32_t ways : {2, 3, 6})
      for (const std::int32_t n : {ranks, ranks + 1, 2 * ranks, 3 * ranks - 1, 5 * ranks}) {
        CAPTURE(ranks, ways, n, f, b);
        const UniformTimes t = times(f, b, 0, f + b), whole{ways * t.forward, ways * t.backward, {}, {}};
        const Played r = run(Schedule::interleaved, ranks * ways, n, t, {}, {}, ways);
        const Ticks bubble = cluster::published_bubble(Schedule::interleaved, ranks * ways, t, ways);
        REQUIRE(cluster::published_bubble_limit(Schedule::interleaved, ranks * ways, n, t, {}).empty());
        REQUIRE(ways * bubble == cluster::published_bubble(Schedule::one_f_one_b, ranks, whole));
        check_every_bubble(r, bubble);
      }
}

TEST_CASE(
    "an interleaved micro-batch goes round the ranks: each crossing is a message, the last to the first") {
  const Played r = run(Schedule::interleaved, 12, 8, times(1, 2, 0, 3), P2p{50ns, 300ns}, {}, 3);
  CHECK(r.timeline.messages_sent == 2 * 8 * 11);
  const auto wraps = std::count_if(r.timeline.messages.begin(), r.timeline.messages.end(),
                                   [](const auto& m) { return m.from == 3 && m.to == 0 && !m.is_gradient; });
  CHECK(wraps == 8 * 2);
  const Played one_rank = run(Schedule::interleaved, 3, 8, times(1, 2, 0, 3), P2p{50ns, 300ns, true}, {}, 3);
  CHECK(one_rank.timeline.messages_sent == 0);
  CHECK(one_rank.makespan() == 8 * 3 * units(3));
}

TEST_CASE("one stage equals the sum of its chunks") {
  for (const Schedule schedule : {Schedule::one_f_one_b, Schedule::zb1p}) {
    const Played r = run(schedule, 1, 13, times(1.7, 3.1, 1.2, 4), P2p{5us, 7us, true});
    CHECK(r.makespan() == 13 * units(4.8));
    CHECK(r.ranks[0].bubble == 0ns);
    CHECK(r.timeline.messages_sent == 0);
  }
}

TEST_CASE("ZB1P's bubble is exactly (P - 1)(F + B - 2W) where W <= F and W <= I") {
  const auto [f, b, w] =
      GENERATE(std::array{1.0, 2.0, 1.0}, std::array{1.0, 2.0, 0.5}, std::array{1.0, 3.0, 1.0},
               std::array{1.3, 2.1, 0.9}, std::array{2.0, 2.0, 1.0}, std::array{2.0, 1.5, 0.7},
               std::array{1.0, 4.0, 0.2});
  for (const std::int32_t stages : {1, 2, 3, 4, 7, 8, 16})
    for (const std::int32_t n : {stages, stages + 1, 2 * stages - 1, 3 * stages, 61}) {
      CAPTURE(stages, n, f, b, w);
      const UniformTimes t = times(f, b, w, f + b);
      REQUIRE(cluster::published_bubble_limit(Schedule::zb1p, stages, n, t, {}).empty());
      check_every_bubble(run(Schedule::zb1p, stages, n, t),
                         (stages - 1) * (units(f) + units(b) - 2 * units(w)));
    }
}

TEST_CASE("DualPipe's bubble is exactly (P/2 - 1)(F&B + B - 3W) where I = F, W <= F and F&B = F + B") {
  const Schedule schedule = GENERATE(Schedule::dualpipe, Schedule::dualpipe_v);
  const auto [f, w] =
      GENERATE(std::pair{1.0, 1.0}, std::pair{1.0, 0.5}, std::pair{1.0, 0.0}, std::pair{1.3, 0.9});
  for (std::int32_t stages = 2; stages <= 16; stages += 2)
    for (const std::int32_t n : {stages, stages + 1, 2 * stages, 2 * stages + 2, 3 * stages, 60}) {
      if (!plan::why_not(schedule, stages, n).empty())
        continue;  // DualPipe needs 2P; DualPipeV is content with P
      CAPTURE(plan::name_of(schedule), stages, n, f, w);
      const double b = f + w;
      const UniformTimes t = times(f, b, w, f + b);
      REQUIRE(cluster::published_bubble_limit(schedule, stages, n, t, {}).empty());
      const Ticks bubble = (stages / 2 - 1) * (units(f + b) + units(b) - 3 * units(w));
      REQUIRE(cluster::published_bubble(schedule, stages, t) == bubble);
      check_every_bubble(run(schedule, stages, n, t), bubble);
    }
}

TEST_CASE("DualPipe outside the formula's conditions: P = 8, n = 20") {
  check_every_bubble(run(Schedule::dualpipe, 8, 20, times(1, 2, 1, 3)), units(6));
  check_every_bubble(run(Schedule::dualpipe, 8, 20, times(1, 2.5, 1, 3.5)), units(8));  // the formula says 9
  check_every_bubble(run(Schedule::dualpipe, 8, 20, times(1, 3, 2, 4)), units(6));      // the formula says 3
  const Played overlapped = run(Schedule::dualpipe, 8, 20, times(1, 2, 1, 2.5));
  CHECK(overlapped.makespan() == units(59));
  const std::array expected{3.5, 4.0, 4.5, 4.5, 4.5, 4.5, 4.0, 3.5};
  for (std::size_t rank = 0; rank < 8; ++rank) CHECK(overlapped.ranks[rank].bubble == units(expected[rank]));
}

TEST_CASE("outside its conditions a published bubble says so") {
  const auto limit = [](Schedule s, const UniformTimes& t, const P2p& p2p = {}) {
    return cluster::published_bubble_limit(s, 8, 20, t, p2p);
  };
  CHECK(limit(Schedule::dualpipe, times(1, 2.5, 1, 3.5)) == "I = B - W differs from F");
  CHECK(limit(Schedule::dualpipe, times(1, 3, 2, 4)) == "W is longer than F");
  CHECK(limit(Schedule::dualpipe_v, times(1, 2, 1, 2.5)) == "F&B differs from F + B");
  CHECK(limit(Schedule::zb1p, times(1, 4, 1.5, 3)) == "W is longer than F or than I = B - W");
  CHECK(limit(Schedule::one_f_one_b, times(1, 2, 1, 3), P2p{1ns, 0ns}) == "communication is not free");
}

TEST_CASE("of any run: busy + bubble = makespan, messages sent = received, inputs before outputs") {
  const P2p p2p = GENERATE(P2p{}, P2p{100ns, 0ns}, P2p{50ns, 300ns}, P2p{50ns, 300ns, true},
                           P2p{0ns, 2us, true}, P2p{50ns, 300ns, true, false});
  for (const Schedule schedule : every_schedule) {
    CAPTURE(plan::name_of(schedule), p2p.wire.count(), p2p.latency.count(), p2p.sender_waits);
    const UniformTimes t = times(1, 2, 0.9, 2.6);
    const Played r = run(schedule, 8, 20, t, p2p);
    for (const RankMetrics& m : r.ranks) CHECK(m.busy + m.bubble == r.makespan());
    const std::int64_t crossings = schedule == Schedule::dualpipe_v ? 6 : 7;  // the V's foot needs no message
    CHECK(r.timeline.messages_sent == static_cast<std::uint64_t>(2 * 20 * crossings));
    CHECK(r.timeline.messages_received == r.timeline.messages_sent);
    CHECK(r.timeline.messages.size() == r.timeline.messages_sent);
    for (const cluster::Message& m : r.timeline.messages) CHECK(m.end - m.start >= p2p.wire + p2p.latency);
    for (const auto& spans : r.timeline.spans[0])
      for (std::size_t i = 1; i < spans.size(); ++i) CHECK(spans[i].start >= spans[i - 1].end);
    CHECK(r.makespan() >= run(schedule, 8, 20, t).makespan());
  }
}

TEST_CASE("folded equals unfolded, to the nanosecond") {
  const P2p p2p = GENERATE(P2p{}, P2p{50ns, 300ns}, P2p{50ns, 700ns, true});
  for (const Schedule schedule : every_schedule) {
    CAPTURE(plan::name_of(schedule), p2p.wire.count(), p2p.sender_waits);
    const UniformTimes t = times(1.1, 2.3, 0.9, 2.9);
    const Played folded = run(schedule, 8, 18, t, p2p);
    const Played unfolded = run(schedule, 8, 18, t, p2p, Lanes{2, 4});
    REQUIRE(unfolded.timeline.spans.size() == 8);
    CHECK(unfolded.makespan() == folded.makespan());
    CHECK(unfolded.timeline.events == 8 * folded.timeline.events);
    CHECK(unfolded.timeline.messages_sent == 8 * folded.timeline.messages_sent);
    for (const auto& lane : unfolded.timeline.spans)
      for (std::size_t rank = 0; rank < lane.size(); ++rank)
        for (std::size_t i = 0; i < lane[rank].size(); ++i) {
          REQUIRE(lane[rank][i].start == folded.timeline.spans[0][rank][i].start);
          REQUIRE(lane[rank][i].end == folded.timeline.spans[0][rank][i].end);
        }
  }
}

TEST_CASE("the same run twice is the same trajectory, another run another one") {
  const UniformTimes t = times(1, 2, 1, 2.5);
  const P2p p2p{50ns, 300ns};
  const Timeline first = run(Schedule::dualpipe, 16, 120, t, p2p).timeline;
  CHECK(first.fingerprint == run(Schedule::dualpipe, 16, 120, t, p2p).timeline.fingerprint);
  CHECK(first.fingerprint != run(Schedule::dualpipe, 16, 120, t, P2p{51ns, 300ns}).timeline.fingerprint);
}

TEST_CASE("about one event a chunk and one a message that shares a port") {
  const Played r = run(Schedule::dualpipe, 16, 120, times(1, 2, 1, 2.5), P2p{50ns, 300ns});
  std::size_t chunks = 0;
  for (const auto& list : r.program.per_rank) chunks += list.size();
  CHECK(r.timeline.events >= chunks);
  CHECK(r.timeline.events <= chunks + r.timeline.messages_sent);
}
