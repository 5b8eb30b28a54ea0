// The main job: DeepSeek-V3's training as its scenario describes it, judged against what is published; and
// what any run must obey.

#include "study/run.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "spec/load.hpp"
#include "study/published.hpp"

using namespace foretrain;
using namespace foretrain::study;
using Catch::Matchers::Contains;

namespace {

constexpr double published_step_s = 19.926;  // arXiv:2505.09343, Table 4 (MPFT)
constexpr RunOptions quick{false, false};

const std::string v3_file = FORETRAIN_ROOT "/scenarios/deepseek-v3.yaml";

Outcome run_file(const std::string& file, const std::vector<std::string>& overrides = {},
                 const RunOptions& options = quick) {
  return run(spec::load(file, overrides), options);
}

const Outcome& v3() {
  static const Outcome outcome = run_file(v3_file, {}, {});
  return outcome;
}
double step_s(const Outcome& outcome) {
  return outcome.stages.at(0).step.step_time.base();
}

// Only pre-training, so that a test of one step is not held up by the other stages.
spec::Scenario first_stage(const std::vector<std::string>& overrides = {}) {
  auto scenario = spec::load(v3_file, overrides);
  scenario.stages.resize(1);
  return scenario;
}

}  // namespace

TEST_CASE("the published plan of DeepSeek-V3 can run") {
  for (const auto& reason : v3().infeasible) UNSCOPED_INFO(reason);
  CHECK(v3().infeasible.empty());
  REQUIRE(v3().stages.size() == 5);
}

TEST_CASE("DeepSeek-V3's step is predicted within 6 % of the published one") {
  const double step = step_s(v3());
  const auto& interval = *v3().interval;
  std::string table;
  for (const auto& row : v3().comparisons)
    if (row.predicted)
      table += fmt::format("  {:24} {:23} {:10.5g} {:10.5g} {:+6.1f} %\n", row.figure.stage,
                           row.figure.metric, row.figure.value, *row.predicted, 100 * row.error);
  WARN(fmt::format("step {:.3f} s of {} s; {:.3f} to {:.3f} s; published, predicted:\n", step,
                   published_step_s, interval.low.base(), interval.high.base())
       << table);
  CHECK(step == Approx(published_step_s).epsilon(0.06).margin(0));
}

TEST_CASE("the stated interval holds the published step and is narrower than 8 % either way") {
  const double step = step_s(v3()), low = v3().interval->low.base(),
               high = v3().interval->high.base();
  CHECK(low < published_step_s);
  CHECK(published_step_s < high);
  CHECK(low > step * 0.92);
  CHECK(high < step * 1.08);
  CHECK(low < step);
  CHECK(step < high);
}

TEST_CASE("a folded step takes at most 150,000 events") {
  for (const auto& stage : v3().stages) {
    CAPTURE(stage.name);
    CHECK(stage.step.events <= 150000);
    CHECK(stage.step.events > 1000);
  }
}

TEST_CASE("the rows of the breakdown add up to the step, on every rank and in the mean") {
  const auto check_sum = [](const cluster::Breakdown& row, Seconds step) {
    const Seconds sum = row.forward + row.backward + row.weight + row.overlapped + row.bubble + row.optimizer;
    CHECK(sum.base() == Approx(step.base()).epsilon(1e-9).margin(0));
    CHECK(row.bubble.base() >= -1e-9);
  };
  for (const auto& stage : v3().stages) {
    CAPTURE(stage.name);
    CHECK(stage.step.ranks.size() == 16);
    for (const auto& row : stage.step.ranks) check_sum(row, stage.step.step_time);
    check_sum(stage.step.mean, stage.step.step_time);
  }
}

TEST_CASE("the whole is the sum of its stages, at the stated price") {
  double hours = 0, dollars = 0, duration = 0;
  for (const auto& stage : v3().stages) {
    hours += stage.gpu_hours;
    dollars += stage.cost.base();
    duration += stage.duration.base();
    CHECK(stage.gpu_hours == Approx(stage.duration.base() / 3600 * 2048).epsilon(1e-12));
    CHECK(stage.cost.base() == Approx(2 * stage.gpu_hours).epsilon(1e-12));
    CHECK(stage.tokens > 0);
  }
  CHECK(v3().total->gpu_hours == Approx(hours).epsilon(1e-12));
  CHECK(v3().total->cost.base() == Approx(dollars).epsilon(1e-12));
  CHECK(v3().total->duration.base() == Approx(duration).epsilon(1e-12));
}

TEST_CASE("rates are the step's tokens over its time") {
  const auto& stage = v3().stages.at(0);
  const double rate = 15360.0 * 4096 / step_s(v3());
  CHECK(stage.tokens_per_day == Approx(rate * 86400).epsilon(1e-12));
  // 250.4 and 281.2 model GFLOP a token: the published TFLOPS and step time (arXiv:2505.09343, Table 4).
  CHECK(stage.tflops_causal == Approx(250.4e9 * rate / 2048 / 1e12).epsilon(0.002));
  CHECK(stage.tflops_noncausal == Approx(281.2e9 * rate / 2048 / 1e12).epsilon(0.002));
  CHECK(stage.mfu_causal == Approx(stage.tflops_causal / 989.4).epsilon(0.001));
}

TEST_CASE("every published figure that foretrain knows stands beside its prediction") {
  REQUIRE(v3().comparisons.size() >= 20);
  for (const auto& row : v3().comparisons) {
    CAPTURE(row.figure.stage, row.figure.metric);
    CHECK(row.predicted.has_value());
  }
}

TEST_CASE("the ramp falls back where DualPipe has too few micro-batches, and says so") {
  const auto& stage = v3().stages.at(0);
  CHECK(stage.ramp.front().micro_batches == 24);
  CHECK(stage.ramp.front().schedule == plan::Schedule::zb1p);
  CHECK(stage.ramp.back().schedule == plan::Schedule::dualpipe);
  double steps = 0, duration = 0;
  for (std::size_t i = 0; i < stage.ramp.size(); ++i) {
    const auto& point = stage.ramp[i];
    steps += point.steps;
    duration += point.steps * point.step_time.base();
    if (i > 0 && point.schedule == stage.ramp[i - 1].schedule)
      CHECK(point.step_time.base() > stage.ramp[i - 1].step_time.base());
  }
  CHECK(steps == Approx(stage.steps).epsilon(1e-12));
  CHECK(duration == Approx(stage.duration.base()).epsilon(1e-12));
  CHECK(std::any_of(stage.notes.begin(), stage.notes.end(), [](const std::string& note) {
    return note.find("zb1p instead of dualpipe") != std::string::npos;
  }));
}

TEST_CASE("a published figure never moves a prediction") {
  auto scenario = first_stage();
  const double before = step_s(run(scenario, quick));
  for (auto& figure : scenario.published) figure.value *= 2;
  CHECK(step_s(run(scenario, quick)) == before);
}

TEST_CASE("another seed moves the step by less than 1.5 %") {
  auto scenario = first_stage();
  double low = 1e9, high = 0;
  std::string list;
  for (scenario.seed = 1; scenario.seed <= 5; ++scenario.seed) {
    const double step = step_s(run(scenario, quick));
    low = std::min(low, step);
    high = std::max(high, step);
    list += fmt::format(" {:.3f}", step);
  }
  WARN(fmt::format("steps of seeds 1 to 5:{} s, {:.2f} % apart", list, 100 * (high / low - 1)));
  CHECK(high > low);
  CHECK(high / low < 1.015);
}

TEST_CASE("the same scenario is the same run") {
  const auto scenario = first_stage();
  const auto a = run(scenario, quick), b = run(scenario, quick);
  CHECK(a.stages[0].step.fingerprint == b.stages[0].step.fingerprint);
  CHECK(a.stages[0].step.step_time == b.stages[0].step.step_time);
  CHECK(a.total->gpu_hours == b.total->gpu_hours);
}

TEST_CASE("BF16 takes longer than FP8, in the same plan and in one that fits") {
  auto scenario = first_stage({"plan.precision=bf16"});
  scenario.gpu.memory.value = bytes(1e12);  // BF16 activations need more than an H800 has
  const auto same_plan = run(scenario, quick),
             own_plan = run_file(FORETRAIN_ROOT "/scenarios/deepseek-v3-bf16.yaml");
  CHECK(same_plan.infeasible.empty());
  CHECK(own_plan.infeasible.empty());
  for (const auto* bf16 : {&same_plan, &own_plan}) {
    WARN(fmt::format("BF16: {:.3f} s, {:+.1f} %", step_s(*bf16), 100 * (step_s(*bf16) / step_s(v3()) - 1)));
    CHECK(step_s(*bf16) > step_s(v3()));
    CHECK(step_s(*bf16) < 2 * step_s(v3()));  // the peak rate halves, and not everything is a matrix product
  }
}

TEST_CASE("H100s, with more NVLink bandwidth, take no longer than H800s") {
  const auto h100 = run_file(FORETRAIN_ROOT "/scenarios/deepseek-v3-h100.yaml");
  WARN(fmt::format("H100: {:.3f} s, {:+.1f} %", step_s(h100), 100 * (step_s(h100) / step_s(v3()) - 1)));
  CHECK(h100.infeasible.empty());
  CHECK(step_s(h100) <= step_s(v3()));
}

TEST_CASE("a plan that does not fit names the stage, the rank and the term, and promises nothing") {
  const auto none = run_file(v3_file, {"plan.recompute=[]"});
  REQUIRE_FALSE(none.infeasible.empty());
  CHECK_THAT(none.infeasible[0], Contains("pre-training: pipeline rank 0 needs") &&
                                     Contains("largest terms: activations ") &&
                                     Contains("the sum passes the limit at activations"));
  CHECK(none.comparisons.empty());
  CHECK_FALSE(none.causes);
  CHECK_FALSE(none.total);
  CHECK_FALSE(none.interval);
  auto small = first_stage();
  small.gpu.memory.value = bytes(20 * 1073741824.0);
  const auto less = run(small, quick);
  REQUIRE(less.infeasible.size() == 1);
  const auto& memory = less.stages.at(0).memory;
  const auto breaks =
      std::find_if(memory.begin(), memory.end(), [](const auto& m) { return m.total > m.limit; });
  REQUIRE(breaks != memory.end());
  CHECK_THAT(less.infeasible[0],
             Contains("of 20.0; ") && Contains("passes the limit at " + plan::breaking_term(*breaks)));
}

TEST_CASE("a fabric that cannot be wired is named once, not for every stage") {
  const auto none = run_file(v3_file, {"cluster.fabric.levels=1"});
  CHECK(none.infeasible ==
        std::vector<std::string>{"a fat tree of one level is not modelled, only 2 levels"});
}

TEST_CASE("a batch that suits neither the schedule nor its fallback is refused with both reasons") {
  auto scenario = first_stage();
  auto& stage = scenario.stages[0];
  stage.plan.fallback = plan::Schedule::dualpipe;
  stage.batch = {24 * 128, 24 * 128, 0};  // 24 micro-batches; DualPipe on 16 stages needs 32
  const auto out = run(scenario, quick);
  REQUIRE(out.infeasible.size() == 1);
  CHECK_THAT(out.infeasible[0], Contains("pre-training: dualpipe") && Contains("nor can the fallback"));
  CHECK_FALSE(out.total);
  CHECK(out.stages[0].step.step_time.base() == 0);
  stage.batch = {8 * 128, 24 * 128, 1e9};  // a ramp: one reason, not one for each batch
  const auto ramp = run(scenario, quick);
  REQUIRE(ramp.infeasible.size() == 1);
  CHECK_THAT(ramp.infeasible[0], Contains("more of its batches"));
  stage.batch = {24 * 128, 24 * 128, 0};
  stage.plan.fallback = plan::Schedule::one_f_one_b;
  const auto ran = run(scenario, quick);
  CHECK(ran.stages[0].step.schedule == plan::Schedule::one_f_one_b);
  CHECK_FALSE(ran.stages[0].step.fallback_reason.empty());
}
