#include "cluster/blocks.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "cluster/segments.hpp"
#include "hardware/kernel_cost.hpp"

namespace foretrain::cluster {
namespace {

// Rows at which the mlp blocks are priced, relative to a balanced load: the traced rank saw 0.87 to 1.13, and
// the most loaded of 64 ranks at 8 % spread is expected near 1.2.
constexpr std::array knot_ratios{0.5, 1.0, 2.0};

BlockTime time_of(const std::vector<model::Op>& ops, const hardware::GpuSpec& gpu,
                  const ComputeConditions& conditions) {
  hardware::Conditions now{.sms_taken = conditions.sms_taken,
                           .hbm_taken = 0,
                           .sources = conditions.sources,
                           .communicating = false};
  BlockTime time{};
  for (const auto& op : ops) {
    if (op.communication) {
      time.collective += exposed_time(op, ops, conditions.collectives, gpu, now);
      continue;
    }
    const auto price = hardware::price(op.kernel, gpu, now);
    time.alone += price.time;
    if (price.compute <= price.memory) continue;
    time.clocked += price.busy;
    if (op.kernel.family == Family::attention_forward || op.kernel.family == Family::attention_backward)
      time.attended += price.busy;
  }
  now.communicating = true;
  for (const auto& op : ops)
    if (!op.communication) time.barrier += hardware::price(op.kernel, gpu, now).time;
  time.barrier -= time.alone;
  now.hbm_taken = conditions.hbm_taken;
  now.sms_taken = std::max(conditions.sms_taken, conditions.sms_beside);
  for (const auto& op : ops)
    if (!op.communication) time.beside += hardware::price(op.kernel, gpu, now).time;
  time.alone += time.collective;
  time.beside += time.collective;
  return time;
}

using Blocks = std::array<BlockTime, block_kinds>;

// The scores of experts and where rows go: beside the attention's own kernels in its lists.
bool routes(const model::Op& op) {
  return !op.communication && (op.kernel.family == Family::gating || op.kernel.family == Family::permute);
}

bool captured(const model::Op& op, const plan::Graphs& graphs) {
  if (graphs.all) return true;
  if (op.block != model::Block::attention) return false;
  return routes(op) ? graphs.router : graphs.attention;
}

double count_launches(const std::vector<model::Op>& ops, const plan::Graphs& graphs) {
  double launches = 0;
  for (const auto& op : ops)
    if (!captured(op, graphs)) launches += op.communication ? 1 : op.kernel.launches;
  return launches;
}

// Prolongs the blocks of one side of a unit to what the host needs to launch them, after `before`.
void wait_for_host(const model::UnitOps& ops, std::initializer_list<BlockKind> side, Seconds before,
                   const ComputeConditions& conditions, Blocks& blocks) {
  double launches = 0;
  Seconds alone, beside;
  for (const BlockKind kind : side) {
    launches += count_launches(ops_of(ops, kind), conditions.graphs);
    alone += blocks[static_cast<std::size_t>(kind)].alone;
    beside += blocks[static_cast<std::size_t>(kind)].beside;
  }
  if (launches <= 0) return;
  const Seconds host = before + launches * conditions.host_launch;
  for (const BlockKind kind : side) {
    const double share = count_launches(ops_of(ops, kind), conditions.graphs) / launches;
    auto& block = blocks[static_cast<std::size_t>(kind)];
    block.alone += std::max(seconds(0), host - alone) * share;
    block.beside += std::max(seconds(0), host - beside) * share;
  }
}

Blocks price_blocks(const model::UnitOps& ops, const hardware::GpuSpec& gpu,
                    const ComputeConditions& conditions) {
  Blocks blocks{};
  for (std::size_t k = 0; k < block_kinds; ++k) {
    const auto kind = static_cast<BlockKind>(k);
    const auto& list = ops_of(ops, kind);
    const Seconds extra = list.empty()                     ? seconds(0)
                          : kind == BlockKind::attention_f ? conditions.attention_forward_extra
                          : kind == BlockKind::attention_i ? conditions.attention_backward_extra
                                                           : seconds(0);
    blocks[k] = time_of(list, gpu, conditions);
    blocks[k].alone += extra;
    blocks[k].beside += extra;
    blocks[k].collective += extra;
  }
  if (conditions.host_launch <= seconds(0) && conditions.host_recompute <= seconds(0)) return blocks;
  using enum BlockKind;
  const bool layer = !ops.attention_f.empty();  // what is recomputed whole: no embedding, no head
  wait_for_host(ops, {attention_f, mlp_f}, seconds(0), conditions, blocks);
  wait_for_host(ops, {mlp_i, attention_i, mlp_w, attention_w}, layer ? conditions.host_recompute : seconds(0),
                conditions, blocks);
  return blocks;
}

}  // namespace

const std::vector<model::Op>& ops_of(const model::UnitOps& ops, BlockKind kind) {
  switch (kind) {
    case BlockKind::attention_f:
      return ops.attention_f;
    case BlockKind::mlp_f:
      return ops.mlp_f;
    case BlockKind::mlp_i:
      return ops.mlp_i;
    case BlockKind::attention_i:
      return ops.attention_i;
    case BlockKind::mlp_w:
      return ops.mlp_w;
    case BlockKind::attention_w:
      return ops.attention_w;
  }
  check(false, "unknown block kind");
  return ops.attention_f;
}

void BlockCurve::add_knot(double rows, BlockTime time) {
  check(knots_.empty() || rows > knots_.back().rows, "knots ascend");
  knots_.push_back({rows, time});
}

BlockTime BlockCurve::at(double rows) const {
  check(!knots_.empty(), "a block has at least one knot");
  if (knots_.size() == 1) return knots_.front().time;
  std::size_t i = 1;
  while (i + 1 < knots_.size() && rows > knots_[i].rows) ++i;
  const Knot &a = knots_[i - 1], &b = knots_[i];
  const double f = (rows - a.rows) / (b.rows - a.rows);
  const auto mix = [f](Seconds x, Seconds y) { return std::max(seconds(0), x + (y - x) * f); };
  return {mix(a.time.alone, b.time.alone),           mix(a.time.beside, b.time.beside),
          mix(a.time.clocked, b.time.clocked),       mix(a.time.barrier, b.time.barrier),
          mix(a.time.collective, b.time.collective), mix(a.time.attended, b.time.attended)};
}

UnitTimes price_unit(const model::TransformerSpec& spec, model::Unit unit, const model::Work& work,
                     const hardware::GpuSpec& gpu, const ComputeConditions& conditions) {
  UnitTimes times;
  times.unit = unit;
  const auto add_knots = [&](const model::UnitOps& ops, std::int64_t rows) {
    const Blocks blocks = price_blocks(ops, gpu, conditions);
    for (std::size_t k = 0; k < block_kinds; ++k)
      times.blocks[k].add_knot(static_cast<double>(rows), blocks[k]);
  };
  for (const double ratio : knot_ratios) {
    model::Work scaled = work;
    scaled.routed_rows = std::llround(static_cast<double>(work.routed_rows) * ratio);
    scaled.received_tokens = std::llround(static_cast<double>(work.received_tokens) * ratio);
    if (ratio != 1.0 && !has_exchange(unit)) continue;  // rows play no part: one knot
    const auto ops = model::list_ops(spec, unit, scaled);
    times.has_exchange = ops.has_exchange;
    add_knots(ops, scaled.routed_rows);
  }
  return times;
}

}  // namespace foretrain::cluster
