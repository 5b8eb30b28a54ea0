// One parallel layout against the cluster and the model. A training stage's layout is judged only where it
// differs from the scenario's own, so that one mistake is told once.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "plan/stages.hpp"
#include "spec/cross_checks.hpp"

namespace foretrain::spec {
namespace {

using plan::PlanSpec;

struct Judge {
  Context& context;
  const Layout& layout;
  const PlanSpec& plan;

  // Of the keys that a fault concerns, the first that the stage gives itself, else the scenario's.
  Where locate(const std::vector<std::string>& names) const {
    for (const auto& prefix : {layout.prefix, std::string("plan")})
      for (const auto& name : names)
        if (const auto found = context.where_of(fmt::format("{}.{}", prefix, name)); found.file >= 0) return found;
    return {};
  }
  void error(const std::vector<std::string>& names, const std::string& message,
             const std::string& hint) const {
    context.error(locate(names),
                  layout.stage.empty() ? message : fmt::format("stage '{}': {}", layout.stage, message),
                  hint);
  }
  // Whether any of these values is this layout's own.
  template <class... Members>
  bool fresh(Members... members) const {
    return layout.judged == nullptr || ((plan.*members != layout.judged->*members) || ...);
  }
};

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

void check_experts(const Judge& judge, const Scenario& s) {
  const auto& p = judge.plan;
  const auto ranks = p.data * p.context * p.tensor;
  if (p.expert == 0) return;
  if (ranks > 0 && ranks % p.expert != 0 &&
      judge.fresh(&PlanSpec::expert, &PlanSpec::data, &PlanSpec::context, &PlanSpec::tensor))
    judge.error({"expert", "data", "context", "tensor"},
                fmt::format("expert {} does not divide data {} x context {} x tensor {} = {}", p.expert,
                            p.data, p.context, p.tensor, ranks),
                nearby_divisors(ranks, p.expert));
  if (s.model.layers == 0 || !judge.fresh(&PlanSpec::expert)) return;
  const auto experts = s.model.moe.experts;
  if (experts == 0 && p.expert != 1)
    judge.error({"expert"}, fmt::format("expert {} for a model without experts", p.expert), "use expert: 1");
  if (experts > 0 && experts % p.expert != 0)
    judge.error({"expert"},
                fmt::format("expert {} does not divide the model's {} experts", p.expert, experts),
                nearby_divisors(experts, p.expert));
}

void check_modelled(const Judge& judge) {
  const auto& p = judge.plan;
  if (p.tensor > 1 && judge.fresh(&PlanSpec::tensor))
    judge.error({"tensor"}, fmt::format("tensor {} is not modelled yet", p.tensor), "use tensor: 1");
  if (p.zero > 1 && judge.fresh(&PlanSpec::zero))
    judge.error({"zero"}, fmt::format("zero {} is not modelled yet", p.zero), "use 0 or 1");
}

void check_layers(const Judge& judge, const Scenario& s) {
  const auto& p = judge.plan;
  if (p.pipeline == 0 || s.model.layers == 0 || s.model.dense_layers > s.model.layers) return;
  if (!judge.fresh(&PlanSpec::pipeline, &PlanSpec::schedule, &PlanSpec::stages)) return;
  const auto wanted = stage_count(p.schedule, p.pipeline);
  if (p.stages.empty()) {
    judge.error({"pipeline"},
                fmt::format("the model's {} units do not fill {} pipeline stages",
                            model::list_units(s.model).size(), wanted),
                "use a smaller pipeline");
  } else if (static_cast<std::int64_t>(p.stages.size()) != wanted) {
    judge.error({"stages", "pipeline"},
                fmt::format("{} stages are listed, but {} over pipeline {} has {}", p.stages.size(),
                            name_of(p.schedule), p.pipeline, wanted),
                "one list of units for each stage");
  } else if (const auto fault = plan::why_not_stages(p.stages, s.model); !fault.empty()) {
    judge.error({"stages", "pipeline"}, fault, "the stages must hold every unit once, in forward order");
  }
}

}  // namespace

std::string nearby_divisors(std::int64_t whole, std::int64_t tried) {
  std::vector<std::int64_t> divisors;
  for (std::int64_t d = 1; d <= whole / d; ++d) {
    if (whole % d != 0) continue;
    divisors.push_back(d);
    if (d != whole / d) divisors.push_back(whole / d);
  }
  std::sort(divisors.begin(), divisors.end(), [&](std::int64_t a, std::int64_t b) {
    const auto far_a = std::abs(a - tried), far_b = std::abs(b - tried);
    return far_a != far_b ? far_a < far_b : a < b;
  });
  divisors.resize(std::min<std::size_t>(divisors.size(), 6));
  std::sort(divisors.begin(), divisors.end());
  return fmt::format("use {}", fmt::join(divisors, ", "));
}

bool check_layout(Context& context, const Layout& layout, const Scenario& s) {
  const Judge judge{context, layout, layout.plan};
  check_experts(judge, s);
  check_modelled(judge);
  check_layers(judge, s);
  return check_gpus(judge, s);
}

std::int64_t stage_count(plan::Schedule schedule, std::int64_t pipeline) {
  return schedule == plan::Schedule::dualpipe_v ? 2 * pipeline : pipeline;
}

plan::PlanSpec with_stages(const PlanRead& read, const model::TransformerSpec& model) {
  auto plan = read.plan;
  if (!read.default_stages || plan.pipeline == 0 || model.layers == 0) return plan;
  const auto stages = stage_count(plan.schedule, plan.pipeline);
  if (static_cast<std::int64_t>(model::list_units(model).size()) >= stages)
    plan.stages = plan::default_stages(model, stages);
  return plan;
}

}  // namespace foretrain::spec
