#include "spec/check_gpu.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "hardware/kernel_cost.hpp"
#include "model/ops.hpp"

namespace foretrain::spec {
namespace {

DType tensor_core_type(model::Precision precision) {
  switch (precision) {
    case model::Precision::bf16:
      return DType::bf16;
    case model::Precision::nvfp4:
      return DType::fp4;
    case model::Precision::fp8:
    case model::Precision::fp8_tensor:
    case model::Precision::mxfp8:
      break;
  }
  return DType::fp8;
}

bool can_compute(Context& context, const hardware::GpuSpec& gpu, const plan::PlanSpec& plan,
                 const std::string& key) {
  const DType type = tensor_core_type(plan.precision);
  if (hardware::peak(gpu, type).base() > 0) return true;
  context.error(context.where_of(key),
                fmt::format("{} has no {} tensor cores", gpu.name, type == DType::fp8 ? "FP8" : "FP4"),
                "use precision: bf16, or another GPU");
  return false;
}

// What list_ops() needs to know to name families; sizes do not matter to that.
model::Work work_of(const Scenario& scenario, const StageSpec& stage) {
  model::Work work;
  work.precision = stage.plan.precision;
  work.recompute = stage.plan.recompute;
  work.kernels = scenario.software.kernels;
  work.tensor_parallel = stage.plan.tensor;
  work.sequence_parallel = stage.plan.sequence_parallel;
  work.context_parallel = stage.plan.context;
  work.sequence = stage.sequence;
  work.tokens = stage.sequence / stage.plan.context;
  return work;
}

// Every family of kernels that a stage launches needs a price.
void check_curves(Context& context, const Scenario& scenario) {
  std::vector<std::string_view> missing;
  const auto need = [&](const std::vector<Family>& families) {
    for (const Family family : hardware::missing_curves(scenario.gpu, families))
      if (std::find(missing.begin(), missing.end(), name_of(family)) == missing.end())
        missing.push_back(name_of(family));
  };
  need({Family::optimizer});
  for (const auto& stage : scenario.stages) {
    need(model::families_of(scenario.model, work_of(scenario, stage)));
    if (stage.rollout) need({Family::attention_decode});
  }
  if (!missing.empty())
    context.error(context.where_of("cluster.gpu.name"),
                  fmt::format("{} has no curve for every kernel that this plan launches", scenario.gpu.name),
                  fmt::format("missing: {}", fmt::join(missing, ", ")));
}

}  // namespace

void check_gpu(Context& context, const Scenario& scenario) {
  if (context.error_count() > 0) return;  // ops can be listed for a sound scenario only
  bool able = can_compute(context, scenario.gpu, scenario.plan, "plan.precision");
  for (const auto& stage : scenario.stages)
    if (able && stage.plan.precision != scenario.plan.precision)
      able = can_compute(context, scenario.gpu, stage.plan, "stages." + stage.name + ".plan.precision");
  if (able) check_curves(context, scenario);
}

}  // namespace foretrain::spec
