#include "study/what.hpp"

#include <algorithm>

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

Seconds time_with(const Compared& base, const WhatChange& change, const cluster::Unevenness& stated) {
  cluster::Unevenness unevenness = stated;
  change.uneven(unevenness);
  if (change.keeps_draws) return with_faults(base.step, base.unfolding, unevenness).step_time;
  return unfold(base.step, unevenness, 1).result.step_time;
}

// A cluster of other parts, with what its flows lose where a row asks.
struct Changed {
  WhatParts parts;
  cluster::PipelineHop hop;
  std::optional<cluster::Slowdowns> slowdowns;

  cluster::StepSpec in(cluster::StepSpec spec) const {
    spec.gpu = &parts.gpu;
    spec.nic = &parts.nic;
    spec.cluster = &parts.cluster;
    spec.spread = nullptr;
    spec.hop = &hop;
    spec.slowdowns = slowdowns ? &*slowdowns : nullptr;
    return spec;
  }
  Seconds time(const Compared& base, const cluster::Unevenness& stated) const {
    return unfold(steady_step(in(base.step.spec), base.step.program), stated, 1).result.step_time;
  }
  // Of two fabrics the step knows no more than this.
  bool prices_as(const Changed& other) const {
    if (!slowdowns || !other.slowdowns) return false;
    bool same = hop.leaves_node == other.hop.leaves_node && hop.over_spine == other.hop.over_spine;
    for (std::size_t c = 0; c < cluster::traffic_classes; ++c)
      same = same && slowdowns->of[c].slowest == other.slowdowns->of[c].slowest;
    return same;
  }
};

// One experiment: a row, or one draw of it.
struct Try {
  std::size_t row = 0, draw = 0;
  std::optional<Changed> changed;  // where parts are
  std::string why_not;             // the layout does not fit such a cluster; then no step
  std::optional<Seconds> step, equal;
};

void change_parts(Try& t, const WhatChange& change, const cluster::StepSpec& base) {
  if (!change.parts) return;
  Changed changed{{*base.gpu, *base.nic, *base.cluster}, {}, {}};
  change.parts(changed.parts);
  const auto& parts = changed.parts;
  const auto hop = cluster::pipeline_hop(parts.cluster, parts.gpu, parts.nic, *base.plan);
  if (!hop) {
    t.why_not = hop.error();
    return;
  }
  changed.hop = *hop;
  if (change.fabric) {
    cluster::FabricUse use{change.fabric->routing, base.seed + t.draw, {}};
    if (change.fabric->at_random) use.placement = topology::place_at_random(parts.cluster, use.seed);
    changed.slowdowns = cluster::share_fabric(changed.in(base), use).value();  // wired: it has a hop
  }
  t.changed = std::move(changed);
}

void run(Try& t, const WhatChange& change, const Compared& as_it_is, const Compared& equal,
         const cluster::Unevenness& stated) {
  if (change.uneven) {
    t.step = time_with(as_it_is, change, stated);
    if (change.keeps_draws) t.equal = time_with(equal, change, stated);
  } else if (t.changed) {
    t.step = t.changed->time(as_it_is, stated);
    t.equal = t.changed->time(equal, stated);
  }
}

// Of tries that a step cannot tell apart the first is run, and the others take its times.
void run_all(std::vector<Try>& tries, const std::vector<WhatChange>& changes, const Compared& as_it_is,
             const Compared& equal, const cluster::Unevenness& stated, unsigned threads) {
  for_each_of(tries.size(), threads,
              [&](std::size_t i) { change_parts(tries[i], changes[tries[i].row], as_it_is.step.spec); });
  std::vector<std::size_t> like(tries.size());
  for (std::size_t i = 0; i < tries.size(); ++i) {
    const auto& own = tries[i].changed;
    const auto alike = [&](const Try& t) {
      return &t == &tries[i] || (own && t.changed && own->prices_as(*t.changed));
    };
    like[i] = static_cast<std::size_t>(std::find_if(tries.begin(), tries.end(), alike) - tries.begin());
  }
  for_each_of(tries.size(), threads, [&](std::size_t i) {
    if (like[i] == i) run(tries[i], changes[tries[i].row], as_it_is, equal, stated);
  });
  for (std::size_t i = 0; i < tries.size(); ++i) {
    tries[i].step = tries[like[i]].step;
    tries[i].equal = tries[like[i]].equal;
  }
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
    if (!t.changed || !t.changed->slowdowns) continue;
    row.traffic.push_back(*t.changed->slowdowns);
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
  off.balanced_routing = off.equal_gpus = off.steady_kernels = off.even_documents = true;
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
  run_all(tries, asked.changes, as_it_is, equal, stated, threads);
  add_up(tries, asked.changes, out.rows);
  return out;
}

}  // namespace foretrain::study
