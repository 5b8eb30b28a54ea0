#include "cluster/step.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "cluster/context.hpp"
#include "cluster/pipeline_metrics.hpp"
#include "hardware/kernel_cost.hpp"
#include "network/exchange.hpp"

namespace foretrain::cluster {
namespace {

using plan::Action;

model::Work balanced_work(const StepSpec& spec, const network::TokenSpread& spread) {
  const auto& plan = *spec.plan;
  model::Work work;
  work.tokens = spec.sequence * plan.micro_batch / plan.context;
  work.sequence = spec.sequence;
  work.context_parallel = plan.context;
  work.precision = plan.precision;
  work.recompute = plan.recompute;
  if (spec.model->moe.experts == 0) return work;
  work.local_experts = spec.model->moe.experts / plan.expert;
  // Every expert's rows are padded to a multiple of 128: half of that is empty on average.
  const double rows = static_cast<double>(work.tokens * spec.model->moe.top_k);
  work.routed_rows =
      static_cast<std::int64_t>(rows + static_cast<double>(work.local_experts * (row_padding - 1)) / 2);
  work.received_tokens = static_cast<std::int64_t>(static_cast<double>(work.tokens) * spread.gpus);
  return work;
}

// Both hops of one exchange at balanced load.
ExchangeTime exchange_time(network::ExchangeKind kind, Bytes row, double tokens,
                           const network::TokenSpread& spread, const network::LinkSpeeds& speeds,
                           double slowed) {
  const auto moved = network::bytes_of({.kind = kind, .tokens = tokens, .row = row, .spread = spread});
  ExchangeTime time{};
  if (moved.ib_out > bytes(0))
    time.inter_node = speeds.ib_latency + std::max(moved.ib_out, moved.ib_in) / speeds.ib;
  if (moved.nvlink_out > bytes(0))
    time.intra_node = speeds.nvlink_latency + std::max(moved.nvlink_out, moved.nvlink_in) / speeds.nvlink;
  time.inter_node = time.inter_node / slowed;
  time.intra_node = time.intra_node / slowed;
  return time;
}

void add_exchange(const StepSpec& spec, const network::TokenSpread& spread, const network::LinkSpeeds& speeds,
                  ChunkInputs& inputs) {
  if (spec.off.free_exchange) return;
  using Net = network::ExchangeKind;
  const auto row = model::exchange_row(*spec.model, spec.plan->precision);
  const auto tokens = static_cast<double>(inputs.work.tokens);
  const auto set = [&](ExchangeKind kind, Net net, Bytes size, double beside) {
    const auto k = static_cast<std::size_t>(kind);
    inputs.exchange_alone[k] = exchange_time(net, size, tokens, spread, speeds, 1);
    inputs.exchange_beside[k] =
        exchange_time(net, size, tokens, spread, speeds, spec.off.private_hbm ? 1 : beside);
  };
  const auto& software = *spec.software;
  set(ExchangeKind::dispatch, Net::dispatch, row.dispatch, software.overlapped_dispatch.value);
  set(ExchangeKind::dispatch_gradient, Net::dispatch, row.dispatch_gradient,
      software.overlapped_dispatch_gradient.value);
  set(ExchangeKind::combine, Net::combine, row.combine, software.overlapped_combine.value);
  set(ExchangeKind::combine_gradient, Net::combine, row.combine_gradient,
      software.overlapped_combine_gradient.value);
}

// Attention kernels of one layer, forward and backward: what a context-parallel exchange can hide under.
Seconds attention_time(const StepSpec& spec, const model::Work& work, Family family) {
  Seconds total{};
  const auto ops = model::list_ops(*spec.model, model::Unit::dense_layer, work);
  for (const auto* block : {&ops.attention_f, &ops.attention_i})
    for (const auto& op : *block)
      if (op.kernel.family == family) total += hardware::price(op.kernel, *spec.gpu, {}).time;
  return total;
}

void add_context(const StepSpec& spec, const network::LinkSpeeds& speeds, ChunkInputs& inputs) {
  if (inputs.work.context_parallel <= 1) return;
  const auto times = context_times(*spec.model, inputs.work, spec.cluster->gpus_per_node, speeds,
                                   attention_time(spec, inputs.work, Family::attention_forward),
                                   attention_time(spec, inputs.work, Family::attention_backward));
  inputs.context_forward = times.exposed_forward;
  inputs.context_backward = times.exposed_backward;
}

// Units whose parameters a pipeline rank holds: its own stage, and under a mirrored schedule the opposite
// one.
std::vector<model::Unit> units_held(const plan::PlanSpec& plan, std::size_t rank) {
  const std::size_t last = plan.stages.size() - 1;
  std::vector<model::Unit> units;
  if (plan.schedule == plan::Schedule::dualpipe_v) {
    units = plan.stages[rank];
    units.insert(units.end(), plan.stages[last - rank].begin(), plan.stages[last - rank].end());
    return units;
  }
  units = plan.stages[rank];
  if (plan.schedule == plan::Schedule::dualpipe)
    units.insert(units.end(), plan.stages[last - rank].begin(), plan.stages[last - rank].end());
  return units;
}

void book(const ChunkSample& sample, sim::Ticks duration, Action action, Breakdown& row) {
  const Seconds whole = sim::to_seconds(duration);
  const Seconds weight = sim::to_seconds(sample.weight);
  switch (action) {
    case Action::forward:
      row.forward += whole;
      break;
    case Action::backward:
      row.weight += weight;
      row.backward += whole - weight;
      break;
    case Action::input_backward:
      row.backward += whole;
      break;
    case Action::weight:
      row.weight += whole;
      break;
    case Action::pair:
      row.overlapped += whole;
      break;
  }
  row.exposed_communication += std::max(seconds(0), sim::to_seconds(duration - sample.compute));
}

void average(StepResult& result) {
  const double n = static_cast<double>(result.ranks.size());
  for (const Breakdown& r : result.ranks) {
    result.mean.forward += r.forward / n;
    result.mean.backward += r.backward / n;
    result.mean.weight += r.weight / n;
    result.mean.overlapped += r.overlapped / n;
    result.mean.bubble += r.bubble / n;
    result.mean.optimizer += r.optimizer / n;
    result.mean.exposed_communication += r.exposed_communication / n;
  }
}

std::int32_t groups_of(const StepSpec& spec, const ChunkInputs& inputs) {
  if (inputs.identical()) return 1;  // folded: nothing tells the replicas apart
  return static_cast<std::int32_t>(spec.plan->data * spec.plan->context * spec.plan->tensor /
                                   spec.plan->expert);
}

hardware::GpuSpec without(hardware::GpuSpec gpu, const Switches& off) {
  if (off.free_launches) gpu.launch_gap.value = seconds(0);
  if (off.full_clock) gpu.sustained_rate.value = 1;
  return gpu;
}

}  // namespace

network::TokenSpread token_spread(const StepSpec& spec) {
  const auto& moe = spec.model->moe;
  if (moe.experts == 0) return {};
  return network::spread_of({.experts = moe.experts,
                             .top_k = moe.top_k,
                             .groups = moe.groups,
                             .top_groups = moe.top_groups,
                             .expert_parallel = spec.plan->expert,
                             .gpus_per_node = spec.cluster->gpus_per_node},
                            Rng(spec.seed, "token spread"));
}

Prepared prepare(const StepSpec& given) {
  Prepared p;
  StepSpec spec = given;
  const hardware::GpuSpec gpu = without(*given.gpu, given.off);
  spec.gpu = &gpu;
  const auto& plan = *spec.plan;
  const auto& moe = spec.model->moe;
  p.spread = spec.spread ? *spec.spread : token_spread(spec);
  const auto speeds = link_speeds(*spec.gpu, *spec.nic);
  ChunkInputs& in = p.inputs;
  in.model = spec.model;
  in.gpu = spec.gpu;
  in.work = balanced_work(spec, p.spread);
  in.unpadded_rows = static_cast<double>(in.work.tokens * moe.top_k);
  in.stages = plan.stages;
  in.barrier = spec.off.free_barrier || spec.off.free_exchange ? seconds(0) : spec.software->barrier.value;
  in.communication_sms = spec.off.whole_gpu ? 0 : spec.software->communication_sms.value;
  const double taken = spec.off.private_hbm || spec.off.free_exchange ? 0 : spec.software->exchange_hbm.value;
  in.hbm_taken_alone = in.hbm_taken_beside = taken;
  in.group_ranks = static_cast<std::int32_t>(plan.expert);
  in.ranks_per_node = static_cast<std::int32_t>(spec.cluster->gpus_per_node);
  in.gpu_spread = spec.off.equal_gpus ? 0 : spec.gpu->gpu_spread.value;
  in.kernel_jitter = spec.off.steady_kernels ? 0 : spec.software->kernel_jitter.value;
  in.routing_spread = spec.off.balanced_routing ? 0 : spec.software->routing_spread.value;
  in.sources = spec.off.sources;
  in.seed = spec.seed;
  in.repetitions = spec.repetitions;
  add_exchange(spec, p.spread, speeds, in);
  add_context(spec, speeds, in);
  p.prices = price_units(in);
  in.gpu = given.gpu;  // the local copy ends here; prices keep what was asked of it

  p.hop = spec.hop ? *spec.hop : pipeline_hop(*spec.cluster, *spec.gpu, *spec.nic, plan).value();
  p.p2p_bytes = size_of(DType::bf16) * static_cast<double>(in.work.tokens * spec.model->hidden);
  if (!spec.off.free_p2p) {
    const Seconds rail =
        p.hop.over_spine ? spec.nic->latency_cross_leaf.value : spec.nic->latency_same_leaf.value;
    p.p2p.latency = sim::to_ticks(p.hop.leaves_node ? rail : speeds.nvlink_latency);
    p.p2p.wire = sim::to_ticks(p.p2p_bytes / (p.hop.leaves_node ? speeds.ib : speeds.nvlink));
  }
  p.p2p.sender_waits = spec.software->p2p_waits.value;

  const std::size_t ranks =
      plan.schedule == plan::Schedule::dualpipe_v ? plan.stages.size() / 2 : plan.stages.size();
  for (std::size_t r = 0; r < ranks; ++r)
    p.optimizer.push_back(spec.off.free_optimizer ? OptimizerTime{}
                                                  : optimizer_time({.model = spec.model,
                                                                    .gpu = spec.gpu,
                                                                    .nic = spec.nic,
                                                                    .cluster = spec.cluster,
                                                                    .plan = spec.plan},
                                                                   units_held(plan, r)));
  return p;
}

ScheduleChoice choose_schedule(const plan::PlanSpec& plan, std::int64_t micro_batches) {
  const auto stages = static_cast<std::int64_t>(plan.stages.size());
  const std::string reason = plan::why_not(plan.schedule, stages, micro_batches);
  if (reason.empty()) return {plan.schedule, "", true};
  const std::string fallback = plan::why_not(plan.fallback, stages, micro_batches);
  if (fallback.empty()) return {plan.fallback, reason, true};
  return {plan.fallback, reason + "; nor can the fallback: " + fallback, false};
}

StepResult simulate_step(const StepSpec& spec, const Prepared& prepared, const ChunkPools& pools,
                         const plan::Program& program, const ScheduleChoice& choice) {
  check(choice.possible, "a schedule that can run");
  StepResult result;
  result.schedule = choice.schedule;
  result.fallback_reason = choice.reason;
  result.micro_batches = program.micro_batches;
  result.program = program;
  const std::int32_t groups = groups_of(spec, prepared.inputs);
  result.durations = list_durations(prepared.inputs, pools, program, groups);
  result.timeline = simulate(program, result.durations, prepared.p2p, {groups, 1});
  const auto metrics = measure(program, result.timeline);
  Seconds optimizer{};
  for (const auto& time : prepared.optimizer) optimizer = std::max(optimizer, time.total());
  const Seconds span = sim::to_seconds(result.timeline.makespan);
  result.step_time = span + optimizer;
  for (std::size_t r = 0; r < program.per_rank.size(); ++r) {
    Breakdown row;
    const auto& list = program.per_rank[r];
    for (std::size_t i = 0; i < list.size(); ++i)
      book(pools.sample_of(list[i], draw_of(spec.seed, 0, r, i)), result.durations[0][r][i], list[i].action,
           row);
    row.optimizer = optimizer;
    row.bubble = span - row.forward - row.backward - row.weight - row.overlapped;
    result.ranks.push_back(row);
    result.peak_in_flight.push_back(metrics[r].peak_activations);
  }
  average(result);
  result.events = pools.events + result.timeline.events;
  result.fingerprint = hash_number(result.timeline.fingerprint, pools.fingerprint);
  return result;
}

}  // namespace foretrain::cluster
