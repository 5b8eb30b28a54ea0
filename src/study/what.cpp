#include "study/what.hpp"

#include "study/parallel.hpp"
#include "study/predict.hpp"
#include "study/unfold.hpp"
#include "study/what_changes.hpp"

namespace foretrain::study {
namespace {

// A step that rows are compared with. Not moved once unfolded: the unfolding points into it.
struct Compared {
  SteadyStep step;
  Unfolding unfolding;
};

// The changed parts may not fit the layout; then nothing comes back but the reason.
std::optional<Seconds> time_with(const Compared& base, const WhatChange& change,
                                 const cluster::Unevenness& stated, std::string& why_not) {
  cluster::Unevenness unevenness = stated;
  if (change.uneven) {
    change.uneven(unevenness);
    if (change.keeps_draws) return with_faults(base.step, base.unfolding, unevenness).step_time;
    return unfold(base.step, unevenness, 1).result.step_time;
  }
  cluster::StepSpec spec = base.step.spec;
  WhatParts parts{*spec.gpu, *spec.nic, *spec.cluster};
  change.parts(parts);
  spec.gpu = &parts.gpu;
  spec.nic = &parts.nic;
  spec.cluster = &parts.cluster;
  spec.spread = nullptr;
  spec.hop = nullptr;
  const auto hop = cluster::pipeline_hop(parts.cluster, parts.gpu, parts.nic, *spec.plan);
  if (!hop) {
    why_not = hop.error();
    return std::nullopt;
  }
  spec.hop = &*hop;
  const SteadyStep changed = steady_step(spec, base.step.program);
  return unfold(changed, unevenness, 1).result.step_time;
}

}  // namespace

std::vector<std::string> what_questions() {
  return {"stragglers", "link-failure", "skew", "network"};
}

WhatOutcome ask(const spec::Scenario& scenario, const spec::StageSpec& stage, const std::string& question,
                unsigned threads) {
  WhatOutcome out;
  out.question = question;
  out.stage = stage.name;
  const StepPrediction predicted = predict_step(scenario, stage);
  out.why_not = predicted.infeasible;
  if (!out.why_not.empty()) return out;
  Compared as_it_is{steady_step(step_spec(scenario, stage), predicted.step.program), {}};
  out.why_not =
      cluster::why_not_unfold(as_it_is.step.spec, as_it_is.step.prepared.inputs, as_it_is.step.program);
  if (!out.why_not.empty()) return out;
  cluster::Switches off;
  off.balanced_routing = off.equal_gpus = off.steady_kernels = true;
  Compared equal{steady_step(step_spec(scenario, stage, off), predicted.step.program), {}};
  const auto stated = unevenness_of(scenario);
  as_it_is.unfolding = unfold(as_it_is.step, stated, threads);
  equal.unfolding = unfold(equal.step, stated, threads);
  out.folded = as_it_is.step.result.step_time;
  out.base = as_it_is.unfolding.result.step_time;
  out.base_equal = equal.unfolding.result.step_time;
  const WhatQuestion asked = list_changes(scenario, as_it_is.unfolding.step.shape, question);
  out.title = asked.title;
  out.notes = asked.notes;
  out.rows.resize(asked.changes.size());
  for_each_of(out.rows.size(), threads, [&](std::size_t i) {
    const WhatChange& change = asked.changes[i];
    WhatRow& row = out.rows[i];
    row.change = change.name;
    row.step = time_with(as_it_is, change, stated, row.why_not);
    if (change.keeps_draws) row.equal = time_with(equal, change, stated, row.why_not);
  });
  return out;
}

}  // namespace foretrain::study
