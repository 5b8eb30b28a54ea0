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

// One experiment: a row, or one draw of it.
struct Try {
  std::size_t row = 0, draw = 0;
  std::optional<Seconds> step, equal;
  std::optional<cluster::Slowdowns> slowdowns;
  std::string why_not;
};

Seconds time_with(const Compared& base, const WhatChange& change, const cluster::Unevenness& stated) {
  cluster::Unevenness unevenness = stated;
  change.uneven(unevenness);
  if (change.keeps_draws) return with_faults(base.step, base.unfolding, unevenness).step_time;
  return unfold(base.step, unevenness, 1).result.step_time;
}

// A cluster of other parts, which the layout may not fit: then there is a reason and no step.
class Changed {
 public:
  Changed(const Compared& base, const WhatChange& change, Try& out)
      : base_(base), parts_{*base.step.spec.gpu, *base.step.spec.nic, *base.step.spec.cluster} {
    change.parts(parts_);
    const auto hop = cluster::pipeline_hop(parts_.cluster, parts_.gpu, parts_.nic, *base.step.spec.plan);
    if (!hop) {
      out.why_not = hop.error();
      return;
    }
    hop_ = *hop;
    if (change.fabric) out.slowdowns = slowdowns(*change.fabric, out.draw);
    slowdowns_ = out.slowdowns;
  }

  Seconds time(const Compared& base, const cluster::Unevenness& stated) const {
    return unfold(steady_step(with_parts(base.step.spec), base.step.program), stated, 1).result.step_time;
  }

 private:
  cluster::StepSpec with_parts(cluster::StepSpec spec) const {
    spec.gpu = &parts_.gpu;
    spec.nic = &parts_.nic;
    spec.cluster = &parts_.cluster;
    spec.spread = nullptr;
    spec.hop = &hop_;
    spec.slowdowns = slowdowns_ ? &*slowdowns_ : nullptr;
    return spec;
  }

  cluster::Slowdowns slowdowns(const FabricChange& change, std::size_t draw) const {
    const auto seed = base_.step.spec.seed + draw;
    cluster::FabricUse use{change.routing, seed, {}};
    if (change.at_random) use.placement = topology::place_at_random(parts_.cluster, seed);
    return cluster::share_fabric(with_parts(base_.step.spec), use).value();  // wired: it has a hop
  }

  const Compared& base_;
  WhatParts parts_;
  cluster::PipelineHop hop_;
  std::optional<cluster::Slowdowns> slowdowns_;
};

void run(Try& t, const WhatChange& change, const Compared& as_it_is, const Compared& equal,
         const cluster::Unevenness& stated) {
  if (change.uneven) {
    t.step = time_with(as_it_is, change, stated);
    if (change.keeps_draws) t.equal = time_with(equal, change, stated);
    return;
  }
  const Changed changed(as_it_is, change, t);
  if (!t.why_not.empty()) return;
  t.step = changed.time(as_it_is, stated);
  t.equal = changed.time(equal, stated);
}

// Tries of a row follow one another; times are means over them.
void add_up(const std::vector<Try>& tries, const std::vector<WhatChange>& changes,
            std::vector<WhatRow>& rows) {
  rows.resize(changes.size());
  for (const Try& t : tries) {
    WhatRow& row = rows[t.row];
    row.change = changes[t.row].name;
    row.why_not = t.why_not;
    if (t.step) row.step = row.step.value_or(Seconds{}) + *t.step;
    if (t.equal) row.equal = row.equal.value_or(Seconds{}) + *t.equal;
    if (!t.slowdowns) continue;
    row.traffic.push_back(*t.slowdowns);
    row.steps.push_back(*t.step);
  }
  for (WhatRow& row : rows) {
    if (row.steps.size() < 2) continue;
    row.step = *row.step / static_cast<double>(row.steps.size());
    row.equal = *row.equal / static_cast<double>(row.steps.size());
  }
}

std::vector<Try> list_tries(const std::vector<WhatChange>& changes) {
  std::vector<Try> tries;
  for (std::size_t row = 0; row < changes.size(); ++row) {
    const std::size_t draws = changes[row].fabric ? changes[row].fabric->draws() : 1;
    for (std::size_t draw = 0; draw < draws; ++draw) {
      tries.emplace_back();
      tries.back().row = row;
      tries.back().draw = draw;
    }
  }
  return tries;
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
  std::vector<Try> tries = list_tries(asked.changes);
  for_each_of(tries.size(), threads,
              [&](std::size_t i) { run(tries[i], asked.changes[tries[i].row], as_it_is, equal, stated); });
  add_up(tries, asked.changes, out.rows);
  return out;
}

}  // namespace foretrain::study
