// One step alone: the same as a whole run finds, and reasons where there is none.
#include "study/predict.hpp"

#include "catch.hpp"
#include "spec/load.hpp"
#include "study/memory_over_time.hpp"
#include "study/run.hpp"

using namespace foretrain;

namespace {

spec::Scenario small() {
  return spec::load(FORETRAIN_ROOT "/scenarios/small.yaml", {});
}

}  // namespace

TEST_CASE("a predicted step is the step of a whole run") {
  const auto scenario = small();
  const auto alone = study::predict_step(scenario, scenario.stages[0]);
  const auto whole = study::run(scenario, {.causes = false, .interval = false}).stages[0];
  CHECK(alone.infeasible.empty());
  CHECK(alone.does_not_fit.empty());
  CHECK(alone.step.step_time == whole.step.step_time);
  REQUIRE(alone.memory.size() == whole.memory.size());
  for (std::size_t r = 0; r < whole.memory.size(); ++r) CHECK(alone.memory[r].total == whole.memory[r].total);
}

TEST_CASE("a step that cannot run has a reason and no time") {
  const auto scenario = small();
  auto stage = scenario.stages[0];
  SECTION("a batch that is not whole") {
    stage.batch.to = 17;
    CHECK(study::predict_step(scenario, stage).infeasible.find("batch of 17") != std::string::npos);
  }
  SECTION("an optimizer in host memory") {
    stage.plan.offload_optimizer = true;
    CHECK(study::predict_step(scenario, stage).infeasible.find("cluster.host") != std::string::npos);
  }
  SECTION("kernels nobody measured") {
    auto other = scenario;
    other.gpu.curves[static_cast<std::size_t>(Family::attention_forward)].reset();
    CHECK(study::predict_step(other, stage).infeasible.find("attention_forward") != std::string::npos);
  }
  CHECK(study::predict_step(scenario, scenario.stages[0]).infeasible.empty());
}

TEST_CASE("states in host memory must fit there, all those of a node's GPUs together") {
  auto scenario = small();
  auto stage = scenario.stages[0];
  stage.plan.offload_optimizer = true;
  scenario.host.emplace();
  auto& host = *scenario.host;
  host.memory_bandwidth.value = Bandwidth::from_base(400e9);
  host.to_host.value = host.to_gpu.value = Bandwidth::from_base(25e9);
  host.adam.value = 0.5;
  host.memory.value = bytes(2e12);
  const auto fits = study::predict_step(scenario, stage);
  CHECK(fits.infeasible.empty());
  CHECK(fits.does_not_fit.empty());
  Bytes most;
  for (const auto& report : fits.memory) most = std::max(most, report.host);
  REQUIRE(most > Bytes{});
  const double gpus = static_cast<double>(scenario.cluster.gpus_per_node);
  host.memory.value = most * gpus;
  CHECK(study::predict_step(scenario, stage).does_not_fit.empty());
  host.memory.value = most * gpus - bytes(1);
  CHECK(study::predict_step(scenario, stage).does_not_fit.find("the hosts of pipeline rank") == 0);
}

TEST_CASE("a step that does not fit has both: its time, and what is too much") {
  const auto scenario = small();
  auto stage = scenario.stages[0];
  stage.plan.micro_batch = 16;
  const auto step = study::predict_step(scenario, stage);
  CHECK(step.infeasible.empty());
  CHECK(step.does_not_fit.find("GiB of 80.0") != std::string::npos);
  CHECK(step.step.step_time > seconds(0));
}

TEST_CASE("memory over time peaks at the total of the memory report, on every rank of shipped scenarios") {
  for (const std::string name : {"small", "deepseek-v3", "gpt3-175b-a100", "llama3.1-405b"}) {
    const auto scenario = spec::load(FORETRAIN_ROOT "/scenarios/" + name + ".yaml", {});
    for (const auto& stage : scenario.stages) {
      CAPTURE(name, stage.name);
      const auto memory = study::memory_over_time(scenario, stage);
      REQUIRE(memory.step.infeasible.empty());
      REQUIRE(memory.ranks.size() == memory.step.memory.size());
      for (std::size_t r = 0; r < memory.ranks.size(); ++r) {
        const auto& curve = memory.ranks[r];
        CHECK(curve.points[curve.peak].used == memory.step.memory[r].total);
        const auto higher = std::count_if(curve.points.begin(), curve.points.end(), [&](const auto& point) {
          return point.used > memory.step.memory[r].total;
        });
        CHECK(higher == 0);
      }
    }
  }
}

TEST_CASE("a step that cannot run has no memory over time") {
  const auto scenario = small();
  auto stage = scenario.stages[0];
  stage.batch.to = 17;
  const auto memory = study::memory_over_time(scenario, stage);
  CHECK(memory.ranks.empty());
  CHECK_FALSE(memory.step.infeasible.empty());
}
