// One parallel layout against the cluster and the model. A training stage's layout is judged only where it
// differs from the scenario's own, so that one mistake is told once.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "plan/schedule.hpp"
#include "plan/stages.hpp"
#include "spec/judge.hpp"

namespace foretrain::spec {
namespace {

using plan::PlanSpec;

bool check_gpus(const Judge& judge, const Scenario& s) {
  const auto& p = judge.plan;
  const auto product = p.pipeline * p.data * p.tensor * p.context;
  if (product == 0 || s.cluster.gpus == 0 || product == s.cluster.gpus) return true;
  if (!judge.fresh(&PlanSpec::pipeline, &PlanSpec::data, &PlanSpec::tensor, &PlanSpec::context)) return false;
  const auto others = p.pipeline * p.tensor * p.context;
  const auto hint =
      s.cluster.gpus % others == 0
          ? fmt::format("with data: {} it would be all {}", s.cluster.gpus / others, s.cluster.gpus)
          : fmt::format("pipeline x tensor x context = {} does not divide {}", others, s.cluster.gpus);
  judge.error({"data", "context", "tensor", "pipeline"},
              fmt::format("pipeline {} x data {} x tensor {} x context {} is {} GPUs, but the cluster has {}",
                          p.pipeline, p.data, p.tensor, p.context, product, s.cluster.gpus),
              hint);
  return false;
}

void check_layers(const Judge& judge, const Scenario& s) {
  const auto& p = judge.plan;
  if (p.pipeline == 0 || s.model.layers == 0 || s.model.dense_layers > s.model.layers) return;
  if (!judge.fresh(&PlanSpec::pipeline, &PlanSpec::virtual_stages, &PlanSpec::schedule, &PlanSpec::stages))
    return;
  const auto wanted = stage_count(p);
  if (p.stages.empty()) {
    const bool interleaved = p.schedule == plan::Schedule::interleaved;
    judge.error({interleaved ? "virtual_stages" : "pipeline"},
                fmt::format("the model's {} units do not fill {} pipeline stages",
                            model::list_units(s.model).size(), wanted),
                interleaved ? "use fewer virtual_stages" : "use a smaller pipeline");
  } else if (static_cast<std::int64_t>(p.stages.size()) != wanted) {
    judge.error({"stages", "pipeline"},
                fmt::format("{} stages are listed, but {} over pipeline {} has {}", p.stages.size(),
                            name_of(p.schedule), p.pipeline, wanted),
                "one list of units for each stage");
  } else if (const auto fault = plan::why_not_stages(p.stages, s.model); !fault.empty()) {
    judge.error({"stages", "pipeline"}, fault, "the stages must hold every unit once, in forward order");
  }
}

// The scenario's own word may be meant for stages that have contexts of their own.
void check_context_exchange(const Judge& judge, const Scenario& s) {
  const auto where = judge.context.where_of(judge.layout.prefix + ".context_exchange");
  if (where.file < 0 || judge.plan.context != 1) return;
  const bool elsewhere =
      judge.layout.stage.empty() && std::any_of(s.stages.begin(), s.stages.end(),
                                                [](const auto& stage) { return stage.plan.context != 1; });
  if (elsewhere) return;
  judge.error({"context_exchange"},
              fmt::format("context_exchange {} is for a sequence on several GPUs, and context is 1",
                          name_of(judge.plan.context_exchange)),
              "use context: 2 or more, or leave context_exchange out");
}

}  // namespace

std::vector<std::int64_t> divisors_of(std::int64_t whole) {
  std::vector<std::int64_t> divisors;
  for (std::int64_t d = 1; d <= whole / d; ++d) {
    if (whole % d != 0) continue;
    divisors.push_back(d);
    if (d != whole / d) divisors.push_back(whole / d);
  }
  return divisors;
}

std::string nearby(std::vector<std::int64_t> values, std::int64_t tried) {
  std::sort(values.begin(), values.end(), [&](std::int64_t a, std::int64_t b) {
    const auto far_a = std::abs(a - tried), far_b = std::abs(b - tried);
    return far_a != far_b ? far_a < far_b : a < b;
  });
  values.resize(std::min<std::size_t>(values.size(), 6));
  std::sort(values.begin(), values.end());
  return fmt::format("use {}", fmt::join(values, ", "));
}

std::string nearby_divisors(std::int64_t whole, std::int64_t tried) {
  return nearby(divisors_of(whole), tried);
}

bool check_layout(Context& context, const Layout& layout, const Scenario& s) {
  const Judge judge{context, layout, layout.plan};
  check_experts(judge, s);
  check_tensor(judge, s);
  const bool staged = check_virtual_stages(judge);
  check_shards(judge);
  check_host(judge, s);
  check_context_exchange(judge, s);
  if (staged) check_layers(judge, s);
  const bool filled = check_gpus(judge, s);
  if (context.error_count() == 0) check_stack(judge, s);
  return filled && staged;
}

std::int64_t stage_count(const PlanSpec& plan) {
  return plan.pipeline * plan::stages_per_rank(plan.schedule, plan.virtual_stages);
}

plan::PlanSpec with_stages(const PlanRead& read, const model::TransformerSpec& model) {
  auto plan = read.plan;
  const bool known = plan.pipeline != 0 && plan.virtual_stages != 0 && model.layers != 0;
  const auto stages = stage_count(plan);
  if (read.default_stages && known && static_cast<std::int64_t>(model::list_units(model).size()) >= stages)
    plan.stages = plan::default_stages(model, stages);
  plan.stages = plan::recompute_first(std::move(plan.stages), plan.recompute.full_layers);
  return plan;
}

}  // namespace foretrain::spec
