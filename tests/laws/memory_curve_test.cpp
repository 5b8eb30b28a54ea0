// Laws of memory over time: its peak is the plan's total to the byte, nothing is above it, and what came
// goes.

#include "cluster/memory_curve.hpp"

#include "catch.hpp"
#include "laws/toy.hpp"
#include "plan/stages.hpp"

namespace {

using namespace foretrain;
using plan::Schedule;

struct Ranks {
  std::vector<cluster::MemoryCurve> curves;
  std::vector<plan::MemoryReport> reports, empty;  // empty: with nothing in flight
  toy::Stepped step;
};

Ranks ranks_of(const toy::Toy& t, std::int32_t micro_batches) {
  Ranks ranks;
  ranks.step = toy::step(t.spec(), micro_batches);
  const auto& result = ranks.step.result;
  const auto work = cluster::work_of(t.spec(), cluster::token_spread(t.spec()));
  const auto units = plan::list_unit_memory(t.model, t.plan, work);
  const auto kept = plan::kept_by_stage(t.plan, units);
  plan::MemoryInputs in;
  in.model = &t.model;
  in.plan = &t.plan;
  in.work = work;
  in.units = units;
  for (std::size_t r = 0; r < result.program.per_rank.size(); ++r) {
    in.held = plan::load_at_peak(result.program, r, kept);
    ranks.reports.push_back(plan::memory_of_rank(in));
    ranks.curves.push_back(cluster::memory_curve(result.program, r, result.timeline.spans[0][r], t.plan,
                                                 units, ranks.reports.back()));
    in.held = plan::no_load(result.program, r);
    ranks.empty.push_back(plan::memory_of_rank(in));
  }
  return ranks;
}

}  // namespace

TEST_CASE("the peak over time is the plan's total, to the byte, and no moment is above it") {
  const auto schedule = GENERATE(Schedule::one_f_one_b, Schedule::zb1p, Schedule::dualpipe,
                                 Schedule::dualpipe_v, Schedule::gpipe);
  const auto micro_batches = GENERATE(8, 12);
  const auto t = toy::moe(schedule, 4, 4, 4);
  CAPTURE(plan::name_of(schedule), micro_batches);
  const auto ranks = ranks_of(t, micro_batches);
  const auto& result = ranks.step.result;
  for (std::size_t r = 0; r < ranks.curves.size(); ++r) {
    const auto& curve = ranks.curves[r];
    const auto& peak = curve.points[curve.peak];
    CHECK(peak.used == ranks.reports[r].total);
    for (const auto& point : curve.points) CHECK(point.used <= peak.used);
    CHECK(curve.points.front().used == ranks.empty[r].total);
    CHECK(curve.points.back().used == ranks.empty[r].total);
    CHECK(curve.points.back().micro_batches == 0);
    CHECK(curve.points.back().at <= result.timeline.makespan);
    double held = 0;
    for (const auto& load : curve.held) held += load.chunks;
    CHECK(held == peak.micro_batches);
    CHECK(held <= static_cast<double>(result.peak_in_flight[r]));
    CHECK(curve.points.size() <= 1 + 2 * result.program.per_rank[r].size());
    for (std::size_t i = 1; i < curve.points.size(); ++i) CHECK(curve.points[i - 1].at <= curve.points[i].at);
  }
}

TEST_CASE("memory rises where a forward starts and falls where a backward or its weight part ends") {
  const auto schedule = GENERATE(Schedule::one_f_one_b, Schedule::zb1p);
  const auto t = toy::moe(schedule, 2, 4, 4);
  const auto ranks = ranks_of(t, 6);
  const auto& result = ranks.step.result;
  for (std::size_t r = 0; r < ranks.curves.size(); ++r) {
    std::vector<sim::SimTime> rises, falls, wanted_rises, wanted_falls;
    const auto& points = ranks.curves[r].points;
    for (std::size_t i = 1; i < points.size(); ++i)
      (points[i].used > points[i - 1].used ? rises : falls).push_back(points[i].at);
    for (const auto& span : result.timeline.spans[0][r]) {
      const auto action = result.program.per_rank[r][static_cast<std::size_t>(span.instruction)].action;
      if (action == plan::Action::forward) wanted_rises.push_back(span.start);
      if (action == plan::Action::backward || action == plan::Action::weight)
        wanted_falls.push_back(span.end);
    }
    CHECK(rises == wanted_rises);
    CHECK(falls == wanted_falls);
  }
}
