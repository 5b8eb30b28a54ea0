#include "study/predict.hpp"

#include <fmt/core.h>

#include "study/memory.hpp"
#include "study/stage.hpp"

namespace foretrain::study {
namespace {

std::string missing_curve(const cluster::StepSpec& spec, const model::Work& work) {
  for (const Family family : model::families_of(*spec.model, work))
    if (!spec.gpu->curves[static_cast<std::size_t>(family)])
      return fmt::format("{} has no curve for {}; a measurement of such kernels would settle it",
                         spec.gpu->name, name_of(family));
  return "";
}

std::string fault_of_batch(const spec::StageSpec& stage) {
  const auto& plan = stage.plan;
  if (plan.stages.empty()) return "the plan names no pipeline stages";
  const std::int64_t share = plan.data * plan.micro_batch;
  if (stage.batch.to > 0 && share > 0 && stage.batch.to % share == 0) return "";
  return fmt::format("a batch of {} is not a whole number of micro-batches of {} on each of {} replicas",
                     stage.batch.to, plan.micro_batch, plan.data);
}

// Messages that stay on one GPU need no fabric.
tl::expected<cluster::PipelineHop, std::string> hop_of(const cluster::StepSpec& spec) {
  if (spec.plan->pipeline == 1) return cluster::PipelineHop{false, false};
  return cluster::pipeline_hop(*spec.cluster, *spec.gpu, *spec.nic, *spec.plan);
}

}  // namespace

StepPrediction predict_step(const spec::Scenario& scenario, const spec::StageSpec& stage) {
  StepPrediction out;
  auto spec = step_spec(scenario, stage);
  const auto infeasible = [&out](std::string reason) {
    out.infeasible = std::move(reason);
    return out;
  };
  if (auto reason = fault_of_batch(stage); !reason.empty()) return infeasible(std::move(reason));
  if (auto reason = cluster::why_not_step(spec); !reason.empty()) return infeasible(std::move(reason));
  const std::int64_t n = stage.batch.to / (stage.plan.data * stage.plan.micro_batch);
  const auto choice = cluster::choose_schedule(stage.plan, n);
  if (!choice.possible) return infeasible(choice.reason);
  const auto spread = cluster::token_spread(spec);
  spec.spread = &spread;
  if (auto reason = missing_curve(spec, cluster::work_of(spec, spread)); !reason.empty())
    return infeasible(std::move(reason));
  const auto hop = hop_of(spec);
  if (!hop) return infeasible(hop.error());
  spec.hop = &*hop;
  const auto prepared = cluster::prepare(spec);
  const auto program =
      plan::list_program(choice.schedule, static_cast<std::int32_t>(stage.plan.stages.size()),
                         static_cast<std::int32_t>(n), static_cast<std::int32_t>(stage.plan.virtual_stages));
  const auto pools = cluster::simulate_chunks(prepared.inputs, prepared.prices, {&program});
  out.step = cluster::simulate_step(spec, prepared, pools, program, choice);
  out.memory = memory_of(spec, prepared.inputs.work, program);
  out.does_not_fit = why_too_much(spec, out.memory);
  return out;
}

}  // namespace foretrain::study
