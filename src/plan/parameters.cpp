#include "plan/parameters.hpp"

#include <algorithm>

namespace foretrain::plan {
namespace {

using model::Unit;

// Parameters of a unit that tensor parallelism does not cut.
double whole(const model::TransformerSpec& model, Unit unit) {
  const double norm = static_cast<double>(model.hidden) * (model.norm == model::Norm::layernorm ? 2 : 1);
  const double gate = static_cast<double>((model.hidden + 1) * model.moe.experts);
  if (model::is_layer(unit))
    return (unit == Unit::mtp_layer ? 4 : 2) * norm + (model::has_experts(model, unit) ? gate : 0);
  return unit == Unit::embedding ? 0 : norm;
}

}  // namespace

Parameters parameters_on_gpu(const model::TransformerSpec& model, const PlanSpec& plan, Unit unit) {
  const double experts = model::count_expert_parameters(model, unit);
  Parameters p;
  p.dense = model::count_parameters(model, unit) - experts;
  p.expert = experts / static_cast<double>(plan.expert * plan.expert_tensor);
  if (plan.tensor == 1) return p;
  const double uncut = std::min(p.dense, whole(model, unit));
  p.dense = (p.dense - uncut) / static_cast<double>(plan.tensor) + uncut;
  return p;
}

Copies copies_of(const PlanSpec& plan) {
  const std::int64_t mirrored = plan.schedule == Schedule::dualpipe ? 2 : 1;
  const std::int64_t dense = plan.data * plan.context * mirrored;
  return {dense, std::max<std::int64_t>(1, dense * plan.tensor / (plan.expert * plan.expert_tensor))};
}

Shards shards_of(const PlanSpec& plan) {
  const Copies copies = copies_of(plan);
  Shards shards{copies.dense, copies.expert, 1, 1};
  if (plan.shard_group <= 0 || plan.shard_group >= copies.dense) return shards;
  shards.dense = plan.shard_group;
  shards.dense_copies = copies.dense / plan.shard_group;
  shards.expert = std::max<std::int64_t>(1, copies.expert / shards.dense_copies);
  shards.expert_copies = std::max<std::int64_t>(1, copies.expert / shards.expert);
  return shards;
}

double gathered_bytes(const PlanSpec& plan, const SoftwareSpec& software) {
  const double given = software.gathered_bytes.value;
  return plan.precision == model::Precision::bf16 ? std::max(given, 2.0) : given;
}

}  // namespace foretrain::plan
