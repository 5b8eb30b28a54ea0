// Every GPU of a real run by itself: the folded answer where nothing differs, the same answer however it is
// computed, and what the questions about faults and networks say.

#include "study/unfold.hpp"

#include "catch.hpp"
#include "spec/load.hpp"
#include "study/predict.hpp"
#include "study/run.hpp"
#include "study/what.hpp"

using namespace foretrain;
using namespace foretrain::study;

namespace {

const std::string unfolded_file = FORETRAIN_ROOT "/scenarios/deepseek-v3.yaml";
const std::string small_file = FORETRAIN_ROOT "/scenarios/small.yaml";

cluster::Switches nothing_differs() {
  cluster::Switches off;
  off.balanced_routing = off.equal_gpus = off.steady_kernels = true;
  return off;
}

const WhatRow& row_of(const WhatOutcome& answer, const std::string& change) {
  for (const auto& row : answer.rows)
    if (row.change == change) return row;
  FAIL("no row " << change);
  return answer.rows.front();
}

}  // namespace

TEST_CASE("all 2048 GPUs of DeepSeek-V3 by themselves give the folded step to the nanosecond") {
  const auto scenario = spec::load(unfolded_file);
  const auto& stage = scenario.stages.front();
  const auto program = predict_step(scenario, stage).step.program;
  const SteadyStep base = steady_step(step_spec(scenario, stage, nothing_differs()), program);
  auto step = cluster::unfold(base.spec, base.prepared, base.pools, base.program, {});
  CHECK(step.replicas.size() == 1);  // the others are like it; here all are run all the same
  step.replicas = {{0, 1}, {1, 1}};
  std::vector<cluster::ReplicaPart> parts(2);
  for (std::size_t r = 0; r < 2; ++r) {
    parts[r].work = cluster::replica_work(base.spec, base.prepared, step, step.replicas[r], false);
    parts[r].result = cluster::simulate_replica(step.plan, parts[r].work);
    CHECK(parts[r].work.count.size() == 64);
  }
  const auto all = cluster::combine(base.spec, base.prepared, step, {&parts[0], &parts[1]});
  CHECK(program.micro_batches == 120);
  CHECK(all.simulated == 2048);
  CHECK(all.makespan == base.result.timeline.makespan);
  CHECK(all.step_time == base.result.step_time);
  const auto folded = unfold(base, {}, 1).result;
  CHECK(folded.simulated == 16);
  CHECK(folded.step_time == all.step_time);
}

TEST_CASE("the answer depends neither on threads nor on what was taken over from the unchanged step") {
  const auto scenario = spec::load(small_file);
  const auto& stage = scenario.stages.front();
  const SteadyStep base = steady_step(step_spec(scenario, stage), predict_step(scenario, stage).step.program);
  const Unfolding one = unfold(base, {}, 1), three = unfold(base, {}, 3);
  CHECK(one.parts.size() == 2);
  CHECK(one.result.step_time == three.result.step_time);
  CHECK(one.result.fingerprint == three.result.fingerprint);
  cluster::Unevenness uneven;
  uneven.faults.slow_gpus = {{9, 0.3}};
  uneven.faults.nics = {{33, 0, true}};
  const auto fresh = unfold(base, uneven, 2).result, taken = with_faults(base, one, uneven);
  CHECK(fresh.step_time == taken.step_time);
  CHECK(fresh.fingerprint == taken.fingerprint);
  CHECK(fresh.fingerprint != one.result.fingerprint);
  CHECK(fresh.step_time > one.result.step_time);
}

TEST_CASE("a run unfolds every stage or the one asked for, and its critical path is the step") {
  const auto scenario = spec::load(
      unfolded_file, {"unevenness={slow_gpus: [{gpu: 1500, slower: 20 %}], routing: {kind: balanced}}"});
  RunOptions options{.causes = false, .interval = false, .unfold = true};
  options.unfold_stage = 3;  // supervised: 16 micro-batches
  const Outcome out = run(scenario, options);
  REQUIRE(out.unfolded.size() == 1);
  const UnfoldOutcome& u = out.unfolded.front();
  CHECK(u.stage == "sft");
  CHECK(u.folded == out.stages[3].step.step_time);
  CHECK(u.result.makespan.time_since_epoch() == u.path.total());
  CHECK(u.result.step_time == sim::to_seconds(u.result.makespan) + u.result.end);
  CHECK(u.result.gpus == 2048);
  CHECK_FALSE(out.stages[3].notes.empty());
  const auto again = run(spec::load(unfolded_file), {.causes = false, .interval = false});
  CHECK(again.unfolded.empty());
  CHECK(again.stages[3].step.step_time == u.folded);  // the folded step does not know of it
}

TEST_CASE("the slower the GPU or the link, the longer the step") {
  const auto scenario = spec::load(small_file);
  const auto slow = ask(scenario, scenario.stages.front(), "stragglers", 2);
  for (const std::string place : {"GPU 0, pipeline rank 0", "GPU 32, pipeline rank 2"}) {
    Seconds before = slow.base, before_equal = slow.base_equal;
    for (const int percent : {5, 10, 20}) {
      const auto& row = row_of(slow, place + ": " + std::to_string(percent) + " % slower");
      CHECK(*row.step >= before);
      CHECK(*row.equal > before_equal);
      before = *row.step;
      before_equal = *row.equal;
    }
  }
  const auto links = ask(scenario, scenario.stages.front(), "link-failure", 2);
  const auto &half = row_of(links, "GPU 0, pipeline rank 0: NIC at half its rate"),
             &failed = row_of(links, "GPU 0, pipeline rank 0: NIC failed"),
             &both = row_of(links, "GPUs 0 and 1: both NICs failed");
  CHECK(*half.equal > links.base_equal);
  CHECK(*failed.equal >= *half.equal);  // it halves its neighbour's too
  CHECK(*both.equal > *failed.equal);
  const auto skew = ask(scenario, scenario.stages.front(), "skew", 2);
  CHECK(*row_of(skew, "Zipf, exponent 0.6").step > *row_of(skew, "Zipf, exponent 0.3").step);
  CHECK(*row_of(skew, "Zipf, exponent 0.6, 100 steps of balancing").step <
        *row_of(skew, "Zipf, exponent 0.6").step);
}

TEST_CASE("a wider NVLink shortens the step, slower NICs prolong it") {
  const auto scenario = spec::load(small_file);
  const auto answer = ask(scenario, scenario.stages.front(), "network", 2);
  CHECK(*row_of(answer, "NVLink of 450 GB/s a direction").equal < answer.base_equal);
  CHECK(*row_of(answer, "NICs of half the rate").equal > answer.base_equal);
  CHECK(*row_of(answer, "NICs of twice the rate").equal < answer.base_equal);
}

TEST_CASE(
    "rows about the fabric: the cluster as it is loses nothing, what meets costs, and draws have a mean") {
  // Expert groups of two nodes, two nodes under a leaf.
  const auto scenario = spec::load(small_file, {"plan.expert=16", "cluster.fabric.switch_ports=4"});
  const auto answer = ask(scenario, scenario.stages.front(), "network", 2);
  CHECK(row_of(answer, "NICs of half the rate").traffic.empty());
  for (const std::string routing : {"static", "adaptive"})
    CHECK(*row_of(answer, "planes, " + routing).step == answer.base);
  for (const std::string name :
       {"planes, ECMP", "planes, static, at random", "planes, adaptive, at random"}) {
    const WhatRow& row = row_of(answer, name);
    REQUIRE(row.steps.size() == 3);
    REQUIRE(row.traffic.size() == 3);
    CHECK(row.step->base() == Approx((row.steps[0] + row.steps[1] + row.steps[2]).base() / 3).epsilon(1e-12));
    CHECK(*row.step >= answer.base);
  }
  const auto& scattered = row_of(answer, "planes, static, at random");
  CHECK(*scattered.step > answer.base);
  CHECK(scattered.traffic[0][cluster::TrafficClass::exchange].crossing > 0.5);
  CHECK(row_of(answer, "planes, static").traffic[0][cluster::TrafficClass::exchange].crossing == 0);
  const auto& tree = row_of(answer, "one tree, static");  // 64 endpoints are more than such switches join
  CHECK_FALSE(tree.step);
  CHECK_FALSE(tree.why_not.empty());
}
