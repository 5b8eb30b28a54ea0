#include "report/inside.hpp"

#include "base/check.hpp"
#include "study/stage.hpp"

namespace foretrain::report {

Inside look_inside(const spec::Scenario& scenario, const spec::StageSpec& stage,
                   const study::StageOutcome& outcome) {
  Inside inside;
  inside.spec = study::step_spec(scenario, stage);
  inside.prepared = cluster::prepare(inside.spec);
  inside.pools =
      cluster::simulate_chunks(inside.prepared.inputs, inside.prepared.prices, {&outcome.step.program});
  return inside;
}

ChunkInside look_inside(const Inside& inside, const cluster::ChunkKey& key) {
  ChunkInside chunk;
  chunk.work = cluster::group_work(inside.prepared.inputs, inside.prepared.prices, inside.pools, key, 1);
  cluster::GroupResult result = cluster::simulate_group(chunk.work, true);
  chunk.spans = std::move(result.spans);
  chunk.duration = result.samples.front().duration;
  return chunk;
}

SegmentOps ops_behind(const Inside& inside, const cluster::ChunkKey& key, const ChunkInside& chunk,
                      const cluster::Segment& segment) {
  check(!segment.is_exchange, "ops belong to computing segments");
  const cluster::ChunkInputs& inputs = inside.prepared.inputs;
  const auto& units = segment.backward_side ? chunk.work.backward : chunk.work.forward;
  const model::UnitOps ops = model::list_ops(*inputs.model, units[segment.unit].unit, inputs.work);
  SegmentOps found;
  found.ops = cluster::ops_of(ops, segment.block);
  found.conditions.sms_taken = key.action == plan::Action::pair ? inputs.communication_sms : 0;
  found.conditions.sources = inputs.sources;
  return found;
}

std::string_view name_of(cluster::BlockKind kind) {
  switch (kind) {
    case cluster::BlockKind::attention_f:
      return "attention forward";
    case cluster::BlockKind::mlp_f:
      return "mlp forward";
    case cluster::BlockKind::mlp_i:
      return "mlp input gradient";
    case cluster::BlockKind::attention_i:
      return "attention input gradient";
    case cluster::BlockKind::mlp_w:
      return "mlp weight gradient";
    case cluster::BlockKind::attention_w:
      return "attention weight gradient";
  }
  return "";
}

std::string_view name_of(cluster::ExchangeKind kind) {
  switch (kind) {
    case cluster::ExchangeKind::dispatch_gradient:
      return "gradient dispatch";
    case cluster::ExchangeKind::dispatch:
      return "dispatch";
    case cluster::ExchangeKind::combine_gradient:
      return "gradient combine";
    case cluster::ExchangeKind::combine:
      return "combine";
    case cluster::ExchangeKind::gather:
      return "parameter gather";
    case cluster::ExchangeKind::scatter:
      return "gradient scatter";
  }
  return "";
}

std::string_view name_of(plan::Action action) {
  switch (action) {
    case plan::Action::forward:
      return "forward";
    case plan::Action::backward:
      return "full backward";
    case plan::Action::input_backward:
      return "input gradient";
    case plan::Action::weight:
      return "weight gradient";
    case plan::Action::pair:
      return "overlapped pair";
  }
  return "";
}

}  // namespace foretrain::report
