// Forward passes of prefill and scoring, and the placement of weights.

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/random.hpp"
#include "cluster/optimizer.hpp"
#include "hardware/kernel_cost.hpp"
#include "network/exchange.hpp"
#include "study/inference.hpp"

namespace foretrain::study {
namespace {

struct Pass {
  double tokens, mean_tokens, head_positions;
};

struct Conditions {
  hardware::Conditions compute;
  double dispatch_rate = 1, combine_rate = 1;  // relative to the exchange alone on the GPU
};

struct PassCost {
  Seconds compute, communication;
};

model::Work work_of(const Machine& machine, const ForwardSetting& setting, const Pass& pass,
                    const network::TokenSpread& spread) {
  const auto& moe = machine.model->moe;
  constexpr double padding = 128;  // rows of an expert are padded to this: half of it is empty on average
  model::Work work;
  work.tokens = std::max<std::int64_t>(1, std::llround(pass.tokens));
  work.sequence = setting.sequence;
  work.precision = machine.precision;
  if (moe.experts == 0) return work;
  work.local_experts = model::local_experts(*machine.model, setting.expert);
  work.routed_rows = std::llround(pass.mean_tokens * static_cast<double>(moe.top_k) +
                                  static_cast<double>(work.local_experts) * (padding - 1) / 2);
  work.received_tokens = std::max<std::int64_t>(1, std::llround(pass.mean_tokens * spread.gpus));
  return work;
}

Seconds time_of(const std::vector<model::Op>& ops, const Machine& machine,
                const hardware::Conditions& conditions) {
  Seconds total{};
  for (const auto& op : ops) total += hardware::price(op.kernel, *machine.gpu, conditions).time;
  return total;
}

// Dispatch and combine of one layer with their barriers; the fullest GPU sends, the mean is received.
Seconds exchanges(const Machine& machine, const Pass& pass, const network::TokenSpread& spread,
                  const Conditions& conditions) {
  if (spread.gpus <= 0) return {};
  const auto row = model::exchange_row(*machine.model, machine.precision);
  const auto speeds = cluster::link_speeds(*machine.gpu, *machine.nic);
  const auto time = [&](network::ExchangeKind kind, Bytes size) {
    return network::time_of(
        network::bytes_of({.kind = kind, .tokens = pass.tokens, .row = size, .spread = spread}), speeds);
  };
  return machine.software->barrier.value * 2 +
         time(network::ExchangeKind::dispatch, row.dispatch) / conditions.dispatch_rate +
         time(network::ExchangeKind::combine, row.combine) / conditions.combine_rate;
}

PassCost pass_cost(const Machine& machine, const ForwardSetting& setting, const Pass& pass,
                   const network::TokenSpread& spread, const Conditions& conditions) {
  const auto work = work_of(machine, setting, pass, spread);
  PassCost cost{};
  const auto add = [&](model::Unit unit, const model::Work& done, double count) {
    if (count <= 0) return;
    const auto ops = model::list_forward_ops(*machine.model, unit, done);
    cost.compute += (time_of(ops.attention, machine, conditions.compute) +
                     time_of(ops.mlp, machine, conditions.compute)) *
                    count;
    if (ops.has_exchange) cost.communication += exchanges(machine, pass, spread, conditions) * count;
  };
  const auto& spec = *machine.model;
  const auto dense = spec.moe.experts > 0 ? spec.dense_layers : spec.layers;
  add(model::Unit::embedding, work, 1);
  add(model::Unit::dense_layer, work, static_cast<double>(dense));
  add(model::Unit::moe_layer, work, static_cast<double>(spec.layers - dense));
  auto head = work;
  head.tokens = std::llround(std::ceil(pass.head_positions));
  if (head.tokens > 0) add(model::Unit::head, head, 1);
  return cost;
}

network::TokenSpread spread_of(const Machine& machine, std::int64_t expert) {
  const auto& moe = machine.model->moe;
  if (moe.experts == 0 || expert <= 1) return {};
  return network::spread_of({.experts = moe.experts,
                             .top_k = moe.top_k,
                             .groups = moe.groups,
                             .top_groups = moe.top_groups,
                             .expert_parallel = expert,
                             .gpus_per_node = machine.gpus_per_node},
                            Rng(machine.seed, "token spread of a forward pass"));
}

}  // namespace

Seconds forward_time(const Machine& machine, const ForwardSetting& setting) {
  check(setting.tokens > 0 && setting.mean_tokens > 0 && setting.sequence > 0, "a forward pass has tokens");
  check(setting.mean_tokens <= setting.tokens * (1 + 1e-9), "the fullest GPU holds at least the mean");
  const auto spread = spread_of(machine, setting.expert);
  const double passes = std::ceil(setting.tokens / setting.limit);
  const auto share = [&](double parts) {
    return Pass{setting.tokens / parts, setting.mean_tokens / parts, setting.head_positions / parts};
  };
  const auto& software = *machine.software;
  const PassCost whole = pass_cost(machine, setting, share(passes), spread, {});
  const Conditions beside{
      {.sms_taken = software.communication_sms.value, .hbm_taken = software.exchange_hbm.value},
      software.overlapped_dispatch.value,
      software.overlapped_combine.value};
  const PassCost half = pass_cost(machine, setting, share(2 * passes), spread, beside);
  const Seconds serial = (whole.compute + whole.communication) * passes;
  const Seconds overlapped = std::max(half.compute, half.communication) * (2 * passes);
  return std::min(serial, overlapped);
}

Seconds placement_time(const Machine& machine, const model::InferenceWeights& weights) {
  const double g = static_cast<double>(machine.gpus_per_node);
  const auto speeds = cluster::link_speeds(*machine.gpu, *machine.nic);
  const Seconds rails = (weights.experts + weights.replicated / g) / speeds.ib;
  const Seconds node = weights.replicated * ((g - 1) / g) / speeds.nvlink;
  return speeds.ib_latency + speeds.nvlink_latency + std::max(rails, node);
}

}  // namespace foretrain::study
