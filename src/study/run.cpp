#include "study/run.hpp"

#include <map>

#include "base/check.hpp"
#include "study/experiments.hpp"
#include "study/published.hpp"
#include "study/stage.hpp"
#include "study/unfold.hpp"

namespace foretrain::study {

namespace {

// What the folded step leaves out is said where its figure stands.
void add_notes(const spec::Scenario& scenario, const RunOptions& options, Outcome& out) {
  const bool stated = !scenario.faults.none() || scenario.popularity.kind != model::Popularity::Kind::stated;
  if (!stated) return;
  const std::string text = options.unfold
                               ? "the unevenness that is stated is in the unfolded step alone"
                               : "the unevenness that is stated is left out of every figure; --unfold knows it";
  for (auto& stage : out.stages) stage.notes.push_back(text);
}

void unfold_stages(const spec::Scenario& scenario, const RunOptions& options,
                   std::map<std::int64_t, network::TokenSpread>& spreads, Outcome& out) {
  for (std::size_t i = 0; i < out.stages.size(); ++i) {
    if (options.unfold_stage && *options.unfold_stage != i) continue;
    auto spec = step_spec(scenario, scenario.stages[i]);
    spec.spread = &spreads[spec.plan->expert];
    const SteadyStep base = steady_step(spec, out.stages[i].step.program);
    out.unfolded.push_back(
        unfold_stage(base, out.stages[i].name, unevenness_of(scenario), options.threads));
    out.events += out.unfolded.back().result.events;
  }
}

}  // namespace

Outcome run(const spec::Scenario& scenario, const RunOptions& options) {
  Outcome out;
  out.scenario = scenario.name;
  out.file = scenario.file;
  out.seed = scenario.seed;
  out.hash = scenario.hash;
  out.gpus = scenario.cluster.gpus;
  std::map<std::int64_t, network::TokenSpread> spreads;  // by expert parallelism: stages mostly share it
  for (const auto& stage : scenario.stages) {
    const auto hop = cluster::pipeline_hop(scenario.cluster, scenario.gpu, scenario.nic, stage.plan);
    if (!hop) {  // a fabric that cannot be wired stops every stage alike: said once
      out.infeasible.push_back(hop.error());
      return out;
    }
    if (!spreads.contains(stage.plan.expert))
      spreads[stage.plan.expert] = cluster::token_spread(step_spec(scenario, stage));
    out.stages.push_back(run_stage(scenario, stage, spreads[stage.plan.expert], *hop, out.infeasible));
    out.events += out.stages.back().step.events;
  }
  if (!out.infeasible.empty() || out.stages.empty()) return out;
  out.total.emplace();
  for (const auto& stage : out.stages) {
    out.total->duration += stage.duration;
    out.total->gpu_hours += stage.gpu_hours;
    out.total->cost += stage.cost;
  }
  const auto& first = out.stages.front();
  auto spec = step_spec(scenario, scenario.stages.front());
  spec.spread = &spreads[spec.plan->expert];
  if (options.causes || options.interval) {
    const SteadyStep base = steady_step(spec, first.step.program);
    check(base.result.step_time == first.step.step_time, "experiments repeat the step that is reported");
    if (options.causes) out.causes = find_causes(base);
    if (options.interval) out.interval = find_interval(base);
  }
  if (options.unfold) unfold_stages(scenario, options, spreads, out);
  add_notes(scenario, options, out);
  out.comparisons = compare(out, scenario.published);
  return out;
}

}  // namespace foretrain::study
