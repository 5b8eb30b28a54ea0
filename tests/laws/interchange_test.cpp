// Laws of what leaves for other simulators: the exported step, written, read back and replayed, is the
// simulated step to the nanosecond; its messages are the simulator's.

#include "catch.hpp"
#include "interchange/chakra.hpp"
#include "interchange/export.hpp"
#include "interchange/replay.hpp"
#include "interchange/totals.hpp"
#include "interchange/verify.hpp"
#include "laws/toy.hpp"

namespace {

using namespace foretrain;
using interchange::Level;
using interchange::NodeKind;
using plan::Schedule;
using toy::Shape;

const std::vector<Shape> exported_shapes{{Schedule::one_f_one_b, 1, 3}, {Schedule::one_f_one_b, 4, 8},
                                         {Schedule::gpipe, 3, 4},       {Schedule::zb1p, 4, 8},
                                         {Schedule::dualpipe, 4, 10},   {Schedule::dualpipe_v, 4, 6}};

// Eight GPUs a stage in two expert groups, with or without what makes them differ.
toy::Toy make(const Shape& shape, bool uneven) {
  toy::Toy t = toy::moe(shape.schedule, shape.stages, 8, 4);
  if (uneven) {
    t.software.routing_spread.value = 0.08;
    t.software.kernel_jitter.value = 0.02;
    t.gpu.gpu_spread.value = 0.02;
  }
  return t;
}

interchange::Workload written_and_read(const interchange::Workload& workload) {
  interchange::Workload read;
  for (std::uint32_t rank = 0; rank < workload.ranks.size(); ++rank)
    read.ranks.push_back(interchange::read_chakra(
        interchange::to_chakra(workload.ranks[rank], rank, workload.groups), "a trace", read.groups));
  return read;
}

// The end of the simulated step in whole nanoseconds.
sim::Ticks length_of(const cluster::StepResult& step) {
  return step.timeline.makespan.time_since_epoch() + sim::to_ticks(step.mean.optimizer);
}

}  // namespace

TEST_CASE("an exported step, read back and replayed, ends at the simulated nanosecond") {
  const Shape shape = exported_shapes[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  const bool uneven = GENERATE(false, true);
  const bool all_ranks = GENERATE(false, true);
  const auto level = GENERATE(Level::chunk, Level::segment, Level::op);
  CAPTURE(plan::name_of(shape.schedule), shape.stages, uneven, all_ranks, static_cast<int>(level));
  const toy::Toy t = make(shape, uneven);
  const auto spec = t.spec();
  const auto s = toy::step(spec, shape.micro_batches);
  const auto outline = interchange::outline({&spec, &s.prepared, &s.pools, &s.result}, {all_ranks, level});
  const auto workload = interchange::list_workload(outline);
  CHECK(workload.ranks.size() == static_cast<std::size_t>(s.result.program.ranks * (all_ranks ? 8 : 1)));
  const auto faults = interchange::faults_of(workload);
  REQUIRE(faults == std::vector<std::string>{});
  const auto direct = interchange::replay(workload);
  CHECK(direct.stopped == "");
  CHECK(direct.makespan.time_since_epoch() == length_of(s.result));
  const auto read = written_and_read(workload);
  REQUIRE(interchange::faults_of(read) == std::vector<std::string>{});
  const auto replayed = interchange::replay(read);
  CHECK(replayed.makespan == direct.makespan);
}

TEST_CASE("the messages of an exported step are the simulator's, from rank to rank") {
  const Shape shape = exported_shapes[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  CAPTURE(plan::name_of(shape.schedule), shape.stages);
  const toy::Toy t = make(shape, true);
  const auto spec = t.spec();
  const auto s = toy::step(spec, shape.micro_batches);
  const auto w =
      interchange::list_workload(interchange::outline({&spec, &s.prepared, &s.pools, &s.result}, {}));
  using Line = std::pair<std::uint32_t, std::uint32_t>;
  std::map<Line, int> simulated, sent, received;
  for (const auto& m : s.result.timeline.messages)
    ++simulated[{static_cast<std::uint32_t>(m.from), static_cast<std::uint32_t>(m.to)}];
  for (std::uint32_t r = 0; r < w.ranks.size(); ++r)
    for (const auto& node : w.ranks[r]) {
      if (node.kind == NodeKind::send) ++sent[{r, node.peer}];
      if (node.kind == NodeKind::receive) ++received[{node.peer, r}];
      if (node.kind == NodeKind::send) CHECK(node.size == s.prepared.p2p_bytes);
    }
  CHECK(sent == simulated);
  CHECK(received == simulated);
}

TEST_CASE("what an exported chunk holds is the same at every level") {
  const toy::Toy t = make({Schedule::dualpipe, 4, 10}, true);
  const auto spec = t.spec();
  const auto s = toy::step(spec, 10);
  std::vector<interchange::Totals> totals;
  for (const auto level : {Level::chunk, Level::segment, Level::op})
    totals.push_back(interchange::totals_of(interchange::list_workload(
        interchange::outline({&spec, &s.prepared, &s.pools, &s.result}, {false, level}))));
  for (const auto& total : totals) {
    CHECK(total.work.base() == Approx(totals[0].work.base()));
    CHECK(total.moved.base() == Approx(totals[0].moved.base()));
    CHECK(total.messages == totals[0].messages);
  }
  const auto exchanges = static_cast<std::size_t>(interchange::Collective::all_to_all);
  CHECK(totals[0].counts[exchanges] == 0);
  CHECK(totals[1].counts[exchanges] == 4U * 4 * 10);  // dispatch and combine, both ways, of each layer
  CHECK(totals[1].bytes[exchanges] == totals[2].bytes[exchanges]);
}
