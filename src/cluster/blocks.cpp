#include "cluster/blocks.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
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
    const auto price = hardware::price(op.kernel, gpu, now);
    time.alone += price.time;
    if (price.compute > price.memory) time.clocked += price.busy;
  }
  now.communicating = true;
  for (const auto& op : ops) time.barrier += hardware::price(op.kernel, gpu, now).time;
  time.barrier -= time.alone;
  now.hbm_taken = conditions.hbm_taken;
  for (const auto& op : ops) time.beside += hardware::price(op.kernel, gpu, now).time;
  return time;
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
  return {mix(a.time.alone, b.time.alone), mix(a.time.beside, b.time.beside),
          mix(a.time.clocked, b.time.clocked), mix(a.time.barrier, b.time.barrier)};
}

UnitTimes price_unit(const model::TransformerSpec& spec, model::Unit unit, const model::Work& work,
                     const hardware::GpuSpec& gpu, const ComputeConditions& conditions) {
  UnitTimes times;
  times.unit = unit;
  for (const double ratio : knot_ratios) {
    model::Work scaled = work;
    scaled.routed_rows = std::llround(static_cast<double>(work.routed_rows) * ratio);
    scaled.received_tokens = std::llround(static_cast<double>(work.received_tokens) * ratio);
    const auto ops = model::list_ops(spec, unit, scaled);
    times.has_exchange = ops.has_exchange;
    if (!ops.has_exchange && ratio != 1.0) continue;  // rows play no part: one knot
    for (std::size_t k = 0; k < block_kinds; ++k) {
      const auto& block = ops_of(ops, static_cast<BlockKind>(k));
      const auto kind = static_cast<BlockKind>(k);
      const Seconds extra = block.empty()                    ? seconds(0)
                            : kind == BlockKind::attention_f ? conditions.attention_forward_extra
                            : kind == BlockKind::attention_i ? conditions.attention_backward_extra
                                                             : seconds(0);
      BlockTime time = time_of(block, gpu, conditions);
      time.alone += extra;
      time.beside += extra;
      times.blocks[k].add_knot(static_cast<double>(scaled.routed_rows), time);
    }
  }
  return times;
}

}  // namespace foretrain::cluster
