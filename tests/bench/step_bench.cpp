// What a run of DeepSeek-V3 costs to simulate, part by part, in CPU-seconds. Prints what it measured and
// asserts nothing about time. Exits 1 only if the scenario cannot run.

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "cluster/unfolded.hpp"
#include "spec/load.hpp"
#include "study/run.hpp"
#include "study/stage.hpp"

namespace {

using namespace foretrain;

// CPU-seconds of one call: the fastest of several, being the least disturbed by other programs.
template <class Call>
double cpu_seconds(int rounds, Call call) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::clock_t start = std::clock();
    call();
    const double spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (round == 0 || spent < best) best = spent;
  }
  return best;
}

void print(const char* what, double seconds, double whole) {
  std::printf("  %-28s %9.2f ms %6.1f %%\n", what, seconds * 1e3, 100 * seconds / whole);
}

void bench_step(const spec::Scenario& scenario) {
  const auto& stage = scenario.stages.front();
  const auto spec = study::step_spec(scenario, stage);
  const std::int64_t n = stage.batch.to / (stage.plan.data * stage.plan.micro_batch);
  const auto choice = cluster::choose_schedule(stage.plan, n);
  plan::Program program;
  cluster::Prepared prepared;
  cluster::ChunkPools pools;
  cluster::StepResult step;
  constexpr int rounds = 20;
  const double lists = cpu_seconds(rounds, [&] {
    program = plan::list_program(choice.schedule, static_cast<std::int32_t>(stage.plan.stages.size()),
                                 static_cast<std::int32_t>(n));
  });
  const double prices = cpu_seconds(rounds, [&] { prepared = cluster::prepare(spec); });
  const double chunks = cpu_seconds(
      rounds, [&] { pools = cluster::simulate_chunks(prepared.inputs, prepared.prices, {&program}); });
  const double pipeline =
      cpu_seconds(rounds, [&] { step = cluster::simulate_step(spec, prepared, pools, program, choice); });
  const double whole = lists + prices + chunks + pipeline;
  const auto events = static_cast<double>(step.events), inside = static_cast<double>(pools.events);
  std::printf("one folded step of %s, %s, %lld micro-batches: %.3f s simulated\n", scenario.name.c_str(),
              stage.name.c_str(), static_cast<long long>(n), step.step_time.base());
  print("stage programs", lists, whole);
  print("prepare: prices, routing", prices, whole);
  print("chunks, by their groups", chunks, whole);
  print("pipeline and metrics", pipeline, whole);
  print("step", whole, whole);
  std::printf("  %.0f events: %.0f inside chunks (%.2f M/s), %.0f in the pipeline (%.2f M/s)\n", events,
              inside, inside / chunks * 1e-6, events - inside, (events - inside) / pipeline * 1e-6);
}

plan::Program program_of(const spec::StageSpec& stage) {
  const std::int64_t n = stage.batch.to / (stage.plan.data * stage.plan.micro_batch);
  const auto choice = cluster::choose_schedule(stage.plan, n);
  return plan::list_program(choice.schedule, static_cast<std::int32_t>(stage.plan.stages.size()),
                            static_cast<std::int32_t>(n));
}

// Each of the GPUs by itself, alike or not, one replica after another.
cluster::UnfoldedResult run_all(const study::SteadyStep& base) {
  auto step = cluster::unfold(base.spec, base.prepared, base.pools, base.program, {});
  step.replicas.clear();
  for (std::int32_t r = 0; r < step.shape.replicas(); ++r) step.replicas.push_back({r, 1});
  std::vector<cluster::ReplicaPart> parts(step.replicas.size());
  std::vector<const cluster::ReplicaPart*> pointers;
  for (std::size_t r = 0; r < parts.size(); ++r) {
    parts[r].work = cluster::replica_work(base.spec, base.prepared, step, step.replicas[r], false);
    parts[r].result = cluster::simulate_replica(step.plan, parts[r].work);
    pointers.push_back(&parts[r]);
  }
  return cluster::combine(base.spec, base.prepared, step, pointers);
}

// The same step with every GPU by itself: as the scenario has it, and with nothing that differs.
void bench_unfolded(const spec::Scenario& scenario) {
  const auto& stage = scenario.stages.front();
  std::printf("\nthe same step with each of %lld GPUs by itself\n",
              static_cast<long long>(scenario.cluster.gpus));
  for (const bool equal : {false, true}) {
    cluster::Switches off;
    off.balanced_routing = off.equal_gpus = off.steady_kernels = equal;
    const auto base = study::steady_step(study::step_spec(scenario, stage, off), program_of(stage));
    cluster::UnfoldedResult result;
    const double spent = cpu_seconds(1, [&] { result = run_all(base); });
    const auto events = static_cast<double>(result.events);
    std::printf("  %-16s %.2f s CPU, %.1f M events, %.2f M/s, %llu bytes a GPU; step %.9f s, folded %.9f s\n",
                equal ? "nothing differs" : "as it is", spent, events * 1e-6, events / spent * 1e-6,
                static_cast<unsigned long long>(result.bytes / static_cast<std::uint64_t>(result.simulated)),
                result.step_time.base(), base.result.step_time.base());
  }
}

// The same model on more and more replicas: folded, and unfolded up to the scenario's size.
void bench_sizes(const spec::Scenario& given) {
  std::printf("\n  %8s %12s %14s %12s %10s %10s\n", "GPUs", "folded, ms", "unfolded, s", "M events", "M/s",
              "us a GPU");
  for (const std::int64_t data : {4, 8, 16, 32, 64, 128, 512, 2048, 8192}) {
    spec::Scenario scenario = given;
    auto& stage = scenario.stages.front();
    const std::int64_t n = stage.batch.to / (stage.plan.data * stage.plan.micro_batch);
    stage.plan.expert = std::min(stage.plan.expert, data);
    stage.plan.data = data;
    stage.batch.to = n * data;
    scenario.cluster.gpus = stage.plan.pipeline * data;
    scenario.cluster.fabric.switch_ports = 256;  // two levels join them all
    const auto program = program_of(stage);
    const auto spec = study::step_spec(scenario, stage);
    const double folded = cpu_seconds(3, [&] { study::steady_step(spec, program); });
    std::printf("  %8lld %12.1f", static_cast<long long>(scenario.cluster.gpus), folded * 1e3);
    if (data <= given.stages.front().plan.data) {
      const auto base = study::steady_step(spec, program);
      cluster::UnfoldedResult result;
      const double spent = cpu_seconds(1, [&] { result = run_all(base); });
      const auto events = static_cast<double>(result.events);
      std::printf(" %14.3f %12.2f %10.2f %10.0f", spent, events * 1e-6, events / spent * 1e-6,
                  spent * 1e6 / static_cast<double>(scenario.cluster.gpus));
    }
    std::printf("\n");
  }
}

// Parts of the whole by leaving the others out: each stage alone, then the first with causes, with its
// interval.
bool bench_run(const spec::Scenario& scenario) {
  constexpr int rounds = 5;
  const auto time = [](const spec::Scenario& given, bool causes, bool interval) {
    return cpu_seconds(rounds, [&] { study::run(given, {.causes = causes, .interval = interval}); });
  };
  study::Outcome outcome;
  const double whole = cpu_seconds(rounds, [&] { outcome = study::run(scenario); });
  std::printf("\nstudy::run with all stages, causes and interval: %llu events\n",
              static_cast<unsigned long long>(outcome.events));
  double first = 0;
  for (const auto& stage : scenario.stages) {
    spec::Scenario alone = scenario;
    alone.stages = {stage};
    const double spent = time(alone, false, false);
    if (first == 0) first = spent;
    print(stage.name.c_str(), spent, whole);
  }
  print("all stages", time(scenario, false, false), whole);
  spec::Scenario alone = scenario;
  alone.stages.resize(1);
  print("causes of the first", time(alone, true, false) - first, whole);
  print("interval of the first", time(alone, false, true) - first, whole);
  print("run", whole, whole);
  if (!outcome.infeasible.empty()) std::printf("cannot run: %s\n", outcome.infeasible.front().c_str());
  return outcome.infeasible.empty();
}

}  // namespace

int main(int argc, char** argv) {
  const char* file = argc > 1 ? argv[1] : FORETRAIN_ROOT "/scenarios/deepseek-v3.yaml";
  spec::Scenario scenario;
  const double load = cpu_seconds(5, [&] { scenario = spec::load(file); });
  bench_step(scenario);
  bench_unfolded(scenario);
  bench_sizes(scenario);
  const bool ran = bench_run(scenario);
  std::printf("\nreading %s: %.2f ms\n", file, load * 1e3);
  return ran ? EXIT_SUCCESS : EXIT_FAILURE;
}
