#include "study/stage.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/check.hpp"
#include "cluster/attention_draws.hpp"
#include "study/memory.hpp"
#include "study/ramp.hpp"
#include "study/rollout.hpp"

namespace foretrain::study {
namespace {

using plan::Schedule;
using spec::StageSpec;

std::int64_t sequences_per_micro_batch(const plan::PlanSpec& plan) {
  return plan.data * plan.micro_batch;
}

// The batch grows by whole micro-batches on every replica; DualPipe sends them in from both ends, so in twos.
std::int64_t granule_of(const plan::PlanSpec& plan) {
  return sequences_per_micro_batch(plan) * (plan.schedule == Schedule::dualpipe ? 2 : 1);
}

double tokens_of(const StageSpec& stage) {
  if (stage.tokens > 0) return stage.tokens;
  if (stage.samples > 0) return stage.samples * stage.epochs * stage.mean_sample_tokens;
  return static_cast<double>(stage.steps) * static_cast<double>(stage.batch.to) *
         static_cast<double>(stage.sequence);
}

// The batches worth simulating: the ends of the range of each schedule; in between a step is affine in the
// number of micro-batches (more of the same pairs), so the rest is interpolated.
struct Knot {
  std::int64_t micro_batches;
  cluster::ScheduleChoice choice;
  cluster::StepResult step;
};

// Batches of one stage are mostly refused alike: the first is named and the others counted.
std::string refused_text(const std::string& stage, const std::vector<std::string>& reasons) {
  std::string text = stage + ": " + reasons.front();
  if (reasons.size() > 1) text += fmt::format("; nor can {} more of its batches run", reasons.size() - 1);
  return text;
}

std::vector<Knot> list_knots(const StageSpec& stage, const std::vector<BatchShare>& shares,
                             std::vector<std::string>& infeasible) {
  const auto& plan = stage.plan;
  std::vector<Knot> all;
  std::vector<std::string> refused;
  for (const auto& share : shares) {
    const std::int64_t n = share.batch / sequences_per_micro_batch(plan);
    Knot knot{n, cluster::choose_schedule(plan, n), {}};
    if (!all.empty() && all.back().micro_batches == n) continue;
    if (!knot.choice.possible) refused.push_back(knot.choice.reason);
    all.push_back(std::move(knot));
  }
  if (!refused.empty()) infeasible.push_back(refused_text(stage.name, refused));
  std::vector<Knot> ends;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool first = i == 0 || all[i - 1].choice.schedule != all[i].choice.schedule;
    const bool last = i + 1 == all.size() || all[i + 1].choice.schedule != all[i].choice.schedule;
    if (first || last) ends.push_back(std::move(all[i]));
  }
  return ends;
}

// Returns what one GPU is given, which the memory report needs too.
model::Work simulate_knots(const cluster::StepSpec& spec, std::vector<Knot>& knots) {
  const auto prepared = cluster::prepare(spec);
  std::vector<plan::Program> programs;
  std::vector<const plan::Program*> pointers;
  for (const Knot& knot : knots)
    programs.push_back(plan::list_program(
        knot.choice.schedule, static_cast<std::int32_t>(spec.plan->stages.size()),
        static_cast<std::int32_t>(knot.micro_batches), static_cast<std::int32_t>(spec.plan->virtual_stages)));
  for (const auto& program : programs) pointers.push_back(&program);
  const auto pools = cluster::simulate_chunks(prepared.inputs, prepared.prices, pointers);
  for (std::size_t i = 0; i < knots.size(); ++i)
    knots[i].step = cluster::simulate_step(spec, prepared, pools, programs[i], knots[i].choice);
  return prepared.inputs.work;
}

Seconds interpolate(const std::vector<Knot>& knots, std::int64_t n) {
  for (std::size_t i = 0; i < knots.size(); ++i)
    if (knots[i].micro_batches == n) return knots[i].step.step_time;
  const auto right =
      std::find_if(knots.begin(), knots.end(), [n](const Knot& k) { return k.micro_batches > n; });
  check(right != knots.begin() && right != knots.end(), "a batch lies between simulated ones");
  const Knot &a = *(right - 1), &b = *right;
  const double f =
      static_cast<double>(n - a.micro_batches) / static_cast<double>(b.micro_batches - a.micro_batches);
  return a.step.step_time + (b.step.step_time - a.step.step_time) * f;
}

void add_rates(const spec::Scenario& scenario, StageOutcome& out) {
  const double tokens = static_cast<double>(out.batch) * static_cast<double>(out.sequence);
  const double gpus = static_cast<double>(scenario.cluster.gpus);
  const auto rate = [&](bool causal) {
    return model::model_flops_per_token(scenario.model, out.sequence, causal, out.pieces) * tokens /
           (out.step.step_time * gpus);
  };
  out.tflops_causal = rate(true).base() / 1e12;
  out.tflops_noncausal = rate(false).base() / 1e12;
  out.mfu_causal = rate(true) / scenario.gpu.peak_bf16.value;
  out.mfu_noncausal = rate(false) / scenario.gpu.peak_bf16.value;
  out.tokens_per_day = tokens / out.step.step_time.base() * 86400;
}

void add_memory(const cluster::StepSpec& spec, const model::Work& work, StageOutcome& out,
                std::vector<std::string>& infeasible) {
  out.memory = memory_of(spec, work, out.step.program);
  if (const auto why = why_too_much(spec, out.memory); !why.empty())
    infeasible.push_back(fmt::format("{}: {}", out.name, why));
}

void add_notes(const StageSpec& stage, StageOutcome& out) {
  for (const auto& point : out.ramp)
    if (point.schedule != stage.plan.schedule) {
      out.notes.push_back(
          fmt::format("batches of {} to {} sequences run {} instead of {}: {}", out.ramp.front().batch,
                      std::find_if(out.ramp.rbegin(), out.ramp.rend(),
                                   [&](const RampPoint& p) { return p.schedule == point.schedule; })
                          ->batch,
                      plan::name_of(point.schedule), plan::name_of(stage.plan.schedule),
                      cluster::choose_schedule(stage.plan, point.micro_batches).reason));
      break;
    }
  for (const auto& [key, text] : stage.assumptions)
    out.notes.push_back(fmt::format("assumed {}: {}", key, text));
}

}  // namespace

cluster::StepSpec step_spec(const spec::Scenario& scenario, const StageSpec& stage,
                            const cluster::Switches& off) {
  cluster::StepSpec spec;
  spec.model = &scenario.model;
  spec.gpu = &scenario.gpu;
  spec.nic = &scenario.nic;
  spec.host = scenario.host ? &*scenario.host : nullptr;
  spec.cluster = &scenario.cluster;
  spec.plan = &stage.plan;
  spec.software = &scenario.software;
  spec.sequence = stage.sequence;
  spec.pieces = stage.pieces();
  spec.seed = scenario.seed;
  spec.off = off;
  if (!spec.pieces.empty()) spec.attention_loads = cluster::attention_loads(spec, stage.documents->held);
  return spec;
}

SteadyStep steady_step(const cluster::StepSpec& spec, const plan::Program& program) {
  SteadyStep step;
  step.spec = spec;
  step.choice = cluster::choose_schedule(*spec.plan, program.micro_batches);
  check(step.choice.possible, "an experiment repeats a step that ran");
  step.prepared = cluster::prepare(spec);
  step.program = program;
  step.pools = cluster::simulate_chunks(step.prepared.inputs, step.prepared.prices, {&step.program});
  step.result = cluster::simulate_step(spec, step.prepared, step.pools, step.program, step.choice);
  return step;
}

Seconds repeat_step(const SteadyStep& base, cluster::StepSpec changed, bool same_chunks) {
  changed.spread = &base.prepared.spread;
  changed.hop = &base.prepared.hop;
  const auto prepared = cluster::prepare(changed);
  if (same_chunks)
    return cluster::simulate_step(changed, prepared, base.pools, base.program, base.choice).step_time;
  const auto pools = cluster::simulate_chunks(prepared.inputs, prepared.prices, {&base.program});
  return cluster::simulate_step(changed, prepared, pools, base.program, base.choice).step_time;
}

StageOutcome run_stage(const spec::Scenario& scenario, const StageSpec& stage,
                       const network::TokenSpread& spread, const cluster::PipelineHop& hop,
                       std::vector<std::string>& infeasible) {
  StageOutcome out;
  out.name = stage.name;
  out.kind = stage.kind;
  out.sequence = stage.sequence;
  out.batch = stage.batch.to;
  out.tokens = tokens_of(stage);
  auto spec = step_spec(scenario, stage);
  spec.spread = &spread;
  spec.hop = &hop;
  out.pieces = spec.pieces;
  const auto shares = list_batches(stage.batch, out.tokens, stage.sequence, granule_of(stage.plan));
  if (const auto reason = cluster::why_not_step(spec); !reason.empty()) {
    infeasible.push_back(fmt::format("{}: {}", out.name, reason));
    return out;
  }
  const std::size_t before =
      infeasible.size();  // of earlier stages: theirs do not keep this one from being judged
  auto knots = list_knots(stage, shares, infeasible);
  if (infeasible.size() > before) return out;
  const auto work = simulate_knots(spec, knots);
  out.step = knots.back().step;
  for (const auto& share : shares) {
    const std::int64_t n = share.batch / sequences_per_micro_batch(stage.plan);
    const Seconds time = interpolate(knots, n);
    out.steps += share.steps;
    out.duration += time * share.steps;
    if (shares.size() > 1)
      out.ramp.push_back(
          {share.batch, n, share.steps, time, cluster::choose_schedule(stage.plan, n).schedule});
  }
  add_rates(scenario, out);
  add_memory(spec, work, out, infeasible);
  add_notes(stage, out);
  if (stage.rollout) {
    out.rollout = price_rollout(scenario, stage, out.step.step_time);
    const auto& r = *out.rollout;
    out.duration += (r.prefill + r.decode + r.reward + r.reference + r.weight_sync) * out.steps;
  }
  out.gpu_hours = gpu_hours(out.duration, static_cast<double>(scenario.cluster.gpus));
  out.cost = scenario.prices.gpu.value * (out.duration * static_cast<double>(scenario.cluster.gpus));
  return out;
}

}  // namespace foretrain::study
