#include "cluster/step_inputs.hpp"

#include <algorithm>
#include <cmath>

#include "cluster/context.hpp"
#include "cluster/optimizer.hpp"
#include "hardware/kernel_cost.hpp"
#include "network/exchange.hpp"
#include "plan/parameters.hpp"
#include "topology/uplinks.hpp"

namespace foretrain::cluster {
namespace {

// Tokens that one GPU sends to the experts: its share of the tensor group's.
double tokens_sent(const StepSpec& spec, const model::Work& work) {
  return static_cast<double>(work.tokens) / static_cast<double>(spec.plan->tensor);
}

bool dispatches(const StepSpec& spec) {
  return spec.model->moe.experts > 0 && spec.plan->expert > 1;
}

// Both hops of one exchange at balanced load. `sms` copy on the NVLink side; 0: as many as the links need.
ExchangeTime two_hops(network::ExchangeKind kind, Bytes row, double tokens,
                      const network::TokenSpread& spread, const network::LinkSpeeds& speeds, double sms,
                      double slowed) {
  const network::ExchangeShape shape{.kind = kind, .tokens = tokens, .row = row, .spread = spread};
  const auto moved = network::bytes_of(shape);
  ExchangeTime time{};
  if (moved.ib_out > bytes(0))
    time.inter_node = speeds.ib_latency + std::max(moved.ib_out, moved.ib_in) / speeds.ib;
  if (moved.nvlink_out > bytes(0))
    time.intra_node = speeds.nvlink_latency + std::max(moved.nvlink_out, moved.nvlink_in) / speeds.nvlink;
  if (sms > 0) time.intra_node = std::max(time.intra_node, network::copy_time(shape, sms));
  time.inter_node = time.inter_node / slowed;
  time.intra_node = time.intra_node / slowed;
  return time;
}

// NCCL's all-to-all of every copy of every token.
ExchangeTime one_hop(const StepSpec& spec, Bytes row, double tokens, const network::LinkSpeeds& speeds,
                     double slowed) {
  const auto& p = *spec.plan;
  const auto group = network::shape_of(p.expert, p.expert_tensor, spec.cluster->nvlink_gpus());
  const double factor = p.capacity_factor > 0 ? p.capacity_factor : 1;
  const Bytes sent = row * (tokens * static_cast<double>(spec.model->moe.top_k) * factor);
  const Seconds time = network::time_of_all_to_all(sent, group, speeds) / slowed;
  return group.nodes > 1 ? ExchangeTime{time, {}} : ExchangeTime{{}, time};
}

// What a context-parallel exchange can hide under.
Seconds time_of_family(const StepSpec& spec, const std::vector<model::Op>& block, Family family) {
  Seconds total{};
  for (const auto& op : block)
    if (!op.communication && op.kernel.family == family)
      total += hardware::price(op.kernel, *spec.gpu, {}).time;
  return total;
}

ContextExposed exposed_context(const StepSpec& spec, const model::Work& work, model::Unit unit,
                               const network::LinkSpeeds& speeds) {
  const auto ops = model::list_ops(*spec.model, unit, work);
  const ContextInputs in{
      .how = spec.plan->context_exchange,
      .beside = spec.software->context_overlap.value,
      .gpus_per_node = spec.cluster->nvlink_gpus(),
      .attention_forward = time_of_family(spec, ops.attention_f, Family::attention_forward),
      .attention_backward = time_of_family(spec, ops.attention_i, Family::attention_backward)};
  return context_times(*spec.model, work, in, speeds).exposed;
}

}  // namespace

double unpadded_rows(const StepSpec& spec, const model::Work& work) {
  const auto& moe = spec.model->moe;
  if (spec.plan->tensor == 1 && spec.plan->expert_tensor == 1)
    return static_cast<double>(work.tokens * moe.top_k);
  return tokens_sent(spec, work) * static_cast<double>(moe.top_k * spec.plan->expert_tensor);
}

model::Work work_of(const StepSpec& spec, const network::TokenSpread& spread) {
  const auto& plan = *spec.plan;
  model::Work work;
  work.tokens = spec.sequence * plan.micro_batch / plan.context;
  work.sequence = spec.sequence;
  work.pieces = spec.pieces;
  work.context_parallel = plan.context;
  work.precision = plan.precision;
  work.recompute = plan.recompute;
  work.kernels = spec.software->kernels;
  work.tensor_parallel = plan.tensor;
  work.sequence_parallel = plan.sequence_parallel && plan.tensor > 1;
  work.expert_tensor_parallel = plan.expert_tensor;
  if (spec.model->moe.experts == 0) return work;
  work.local_experts = spec.model->moe.experts / plan.expert;
  const double rows = unpadded_rows(spec, work);
  // Every expert's rows are padded to a multiple of 128: half of that is empty on average.
  work.routed_rows =
      plan.capacity_factor > 0
          ? std::llround(rows * plan.capacity_factor)
          : static_cast<std::int64_t>(rows + static_cast<double>(work.local_experts * (row_padding - 1)) / 2);
  work.received_tokens = spec.software->exchange == plan::TokenExchange::all_to_all
                             ? work.routed_rows
                             : static_cast<std::int64_t>(tokens_sent(spec, work) * spread.gpus *
                                                         static_cast<double>(plan.expert_tensor));
  return work;
}

void add_groups(const StepSpec& spec, ChunkInputs& in) {
  const auto& p = *spec.plan;
  const std::int64_t exchanging = spec.model->moe.experts > 0 ? p.expert * p.expert_tensor : 1;
  const std::int64_t collective = p.tensor * p.context;
  const std::int64_t sharing = p.zero == 3 ? plan::shards_of(p).dense * p.tensor : 1;
  in.exchange_ranks = static_cast<std::int32_t>(exchanging);
  in.collective_ranks = static_cast<std::int32_t>(collective);
  in.group_ranks = static_cast<std::int32_t>(std::max({exchanging, collective, sharing}));
  in.ranks_per_node = static_cast<std::int32_t>(spec.cluster->nvlink_gpus());
}

void add_exchange(const StepSpec& spec, const network::TokenSpread& spread, network::LinkSpeeds speeds,
                  ChunkInputs& inputs) {
  if (spec.off.free_exchange || !dispatches(spec)) return;
  const double kept =
      spec.slowdowns != nullptr
          ? spec.slowdowns->kept(TrafficClass::exchange)
          : topology::share_of_all_to_all(*spec.cluster, spec.plan->expert * spec.plan->expert_tensor);
  speeds.ib = speeds.ib * kept;
  speeds.ring_ib = speeds.ring_ib * kept;
  using Net = network::ExchangeKind;
  const auto& software = *spec.software;
  const bool nccl = software.exchange == plan::TokenExchange::all_to_all;
  const bool copies = software.exchange == plan::TokenExchange::deepep;
  const double sms = copies ? static_cast<double>(software.communication_sms.value) : 0;
  const auto row = model::exchange_row(*spec.model, inputs.work);
  const double tokens = tokens_sent(spec, inputs.work);
  const auto set = [&](ExchangeKind kind, Net net, Bytes size, double beside) {
    const auto k = static_cast<std::size_t>(kind);
    const auto time = [&](double slowed) {
      return nccl ? one_hop(spec, size, tokens, speeds, slowed)
                  : two_hops(net, size, tokens, spread, speeds, sms, slowed);
    };
    inputs.exchange_alone[k] = time(1);
    inputs.exchange_beside[k] = time(spec.off.private_hbm ? 1 : beside);
  };
  set(ExchangeKind::dispatch, Net::dispatch, row.dispatch, software.overlapped_dispatch.value);
  set(ExchangeKind::dispatch_gradient, Net::dispatch, row.dispatch_gradient,
      software.overlapped_dispatch_gradient.value);
  set(ExchangeKind::combine, Net::combine, row.combine, software.overlapped_combine.value);
  set(ExchangeKind::combine_gradient, Net::combine, row.combine_gradient,
      software.overlapped_combine_gradient.value);
}

void add_context(const StepSpec& spec, const network::LinkSpeeds& speeds, ChunkInputs& inputs) {
  if (inputs.work.context_parallel <= 1) return;
  inputs.context = exposed_context(spec, inputs.work, model::Unit::dense_layer, speeds);
  if (spec.model->attention.window > 0)
    inputs.context_window = exposed_context(spec, inputs.work, model::Unit::dense_window_layer, speeds);
}

void add_sharding(const StepSpec& spec, const network::LinkSpeeds& speeds, ChunkInputs& inputs) {
  if (spec.plan->zero < 3) return;
  inputs.parameters = spec.plan->reshard ? Parameters::resharded : Parameters::kept;
  for (std::size_t u = 0; u < model::unit_count; ++u) {
    const auto times = spec.off.free_sharding ? ShardTimes{}
                                              : shard_times({.model = spec.model,
                                                             .gpu = spec.gpu,
                                                             .nic = spec.nic,
                                                             .cluster = spec.cluster,
                                                             .plan = spec.plan,
                                                             .software = spec.software,
                                                             .slowdowns = spec.slowdowns},
                                                            speeds, static_cast<model::Unit>(u));
    inputs.gather.push_back(times.gather);
    inputs.scatter.push_back(times.scatter);
  }
}

}  // namespace foretrain::cluster
