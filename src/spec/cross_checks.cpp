// What no single value can be wrong about: how the values fit one another. Each check names the values it
// compared and what would fit. Whether a plan fits the memory is a question for the study, not for the
// reader.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "plan/schedule.hpp"
#include "plan/stages.hpp"
#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

using plan::PlanSpec;

// One layout and where its values stand: a stage's own keys come before those of the scenario's plan.
struct Layout {
  const PlanSpec& plan;
  std::string prefix;   // "plan" or "stages.sft.plan"
  std::string of_whom;  // "" or " in stage 'sft'"
};

Where locate(const Context& context, const Layout& layout, const std::string& name) {
  const auto own = context.where_of(layout.prefix + "." + name);
  return own.file >= 0 ? own : context.where_of("plan." + name);
}

// The divisors of `whole` nearest to `tried`, as a hint.
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

void check_gpus(Context& context, const Layout& layout, const Scenario& s) {
  const auto& p = layout.plan;
  const auto product = p.pipeline * p.data * p.tensor * p.context;
  if (product == 0 || s.cluster.gpus == 0 || product == s.cluster.gpus) return;
  const auto others = p.pipeline * p.tensor * p.context;
  const auto hint =
      s.cluster.gpus % others == 0
          ? fmt::format("with data: {} it would be all {}", s.cluster.gpus / others, s.cluster.gpus)
          : fmt::format("pipeline x tensor x context = {} does not divide {}", others, s.cluster.gpus);
  context.error(
      locate(context, layout, "data"),
      fmt::format("pipeline {} x data {} x tensor {} x context {} is {} GPUs, but the cluster has {}{}",
                  p.pipeline, p.data, p.tensor, p.context, product, s.cluster.gpus, layout.of_whom),
      hint);
}

void check_experts(Context& context, const Layout& layout, const Scenario& s) {
  const auto& p = layout.plan;
  if (p.expert == 0) return;
  const auto ranks = p.data * p.context * p.tensor;
  const auto where = locate(context, layout, "expert");
  if (ranks > 0 && ranks % p.expert != 0)
    context.error(where,
                  fmt::format("expert {} does not divide data {} x context {} x tensor {} = {}{}", p.expert,
                              p.data, p.context, p.tensor, ranks, layout.of_whom),
                  nearby_divisors(ranks, p.expert));
  if (s.model.moe.experts == 0) {
    if (p.expert != 1)
      context.error(where, fmt::format("expert {} for a model without experts{}", p.expert, layout.of_whom),
                    "use 1");
  } else if (s.model.moe.experts % p.expert != 0) {
    context.error(where,
                  fmt::format("expert {} does not divide the model's {} experts{}", p.expert,
                              s.model.moe.experts, layout.of_whom),
                  nearby_divisors(s.model.moe.experts, p.expert));
  }
}

void check_modelled(Context& context, const Layout& layout) {
  if (layout.plan.tensor > 1)
    context.error(locate(context, layout, "tensor"),
                  fmt::format("tensor {} is not modelled yet{}", layout.plan.tensor, layout.of_whom),
                  "use tensor: 1");
  if (layout.plan.zero > 1)
    context.error(locate(context, layout, "zero"),
                  fmt::format("zero {} is not modelled yet{}", layout.plan.zero, layout.of_whom),
                  "use 0 or 1");
}

void check_layers(Context& context, const Layout& layout, const Scenario& s) {
  const auto& p = layout.plan;
  if (p.pipeline == 0 || s.model.layers == 0) return;
  const auto where = locate(context, layout, "stages").file >= 0 ? locate(context, layout, "stages")
                                                                 : locate(context, layout, "pipeline");
  const auto wanted = stage_count(p.schedule, p.pipeline);
  if (static_cast<std::int64_t>(p.stages.size()) != wanted) {
    const bool ours = p.stages.empty();
    const auto units = model::list_units(s.model).size();
    context.error(where,
                  ours
                      ? fmt::format("the model's {} units do not fill {} pipeline stages{}", units, wanted,
                                    layout.of_whom)
                      : fmt::format("{} stages are listed, but {} over pipeline {} has {}{}", p.stages.size(),
                                    name_of(p.schedule), p.pipeline, wanted, layout.of_whom),
                  ours ? "use a smaller pipeline, or list the stages" : "one list of units for each stage");
    return;
  }
  const auto units = model::list_units(s.model);
  std::size_t next = 0;
  for (std::size_t stage = 0; stage < p.stages.size(); ++stage) {
    for (const auto unit : p.stages[stage]) {
      if (next < units.size() && units[next] == unit) {
        ++next;
        continue;
      }
      context.error(where,
                    fmt::format("stage {} holds {} where the model's unit {} of {} is {}{}", stage,
                                name_of(unit), next + 1, units.size(),
                                next < units.size() ? name_of(units[next]) : "none", layout.of_whom),
                    "the stages must hold every unit once, in forward order");
      return;
    }
  }
  if (next < units.size())
    context.error(where,
                  fmt::format("the stages hold {} of the model's {} units: {} is on none of them{}", next,
                              units.size(), name_of(units[next]), layout.of_whom),
                  "the stages must hold every unit once, in forward order");
}

void check_layout(Context& context, const Layout& layout, const Scenario& s) {
  check_gpus(context, layout, s);
  check_experts(context, layout, s);
  check_modelled(context, layout);
  check_layers(context, layout, s);
}

void check_micro_batches(Context& context, const StageSpec& stage, std::int64_t batch, Where where) {
  const auto& p = stage.plan;
  const auto share = p.data * p.micro_batch;
  if (batch == 0 || share == 0) return;
  if (batch % share != 0) {
    const auto below = batch / share * share;
    context.error(
        where,
        fmt::format("batch {} of stage '{}' is not a multiple of data {} x micro_batch {} = {}", batch,
                    stage.name, p.data, p.micro_batch, share),
        below == 0 ? fmt::format("use {}", share) : fmt::format("use {} or {}", below, below + share));
    return;
  }
  if (p.pipeline == 0) return;
  const auto stages = stage_count(p.schedule, p.pipeline);
  const auto why = plan::why_not(p.schedule, stages, batch / share);
  if (why.empty()) return;
  const bool rescued = stage_count(p.fallback, p.pipeline) == stages &&
                       plan::why_not(p.fallback, stages, batch / share).empty();
  if (!rescued)
    context.error(where,
                  fmt::format("batch {} of stage '{}' leaves {} micro-batches: {}", batch, stage.name,
                              batch / share, why),
                  fmt::format("fallback {} cannot run it either; use another batch or fallback: zb1p",
                              name_of(p.fallback)));
}

void check_stage(Context& context, const StageSpec& stage) {
  const auto key = "stages." + stage.name + ".";
  const auto& b = stage.batch;
  if (b.from == b.to) {
    check_micro_batches(context, stage, b.to, context.where_of(key + "batch"));
  } else {
    check_micro_batches(context, stage, b.from, context.where_of(key + "batch.from"));
    check_micro_batches(context, stage, b.to, context.where_of(key + "batch.to"));
    if (b.from > b.to && b.to > 0)
      context.error(context.where_of(key + "batch.from"),
                    fmt::format("the batch shrinks from {} to {}", b.from, b.to), "a ramp grows: from < to");
    if (stage.tokens > 0 && b.over_tokens > stage.tokens)
      context.error(context.where_of(key + "batch.over"),
                    fmt::format("the ramp is longer than stage '{}' itself", stage.name),
                    "over must be at most tokens");
  }
  if (stage.sequence > 0 && stage.plan.context > 0 && stage.sequence % stage.plan.context != 0)
    context.error(context.where_of(key + "sequence"),
                  fmt::format("sequence {} of stage '{}' does not divide by context {}", stage.sequence,
                              stage.name, stage.plan.context),
                  "every GPU of a context group holds an equal part of the sequence");
  if (stage.kind == StageSpec::Kind::supervised &&
      stage.mean_sample_tokens > static_cast<double>(stage.sequence) && stage.sequence > 0)
    context.error(
        context.where_of(key + "mean_sample_tokens"),
        fmt::format("samples of stage '{}' are longer than its sequence of {}", stage.name, stage.sequence),
        "samples are packed into sequences, not cut");
  if (!stage.rollout) return;
  const auto& r = *stage.rollout;
  const auto samples = r.prompts_per_step * r.samples_per_prompt;
  if (samples > 0 && b.to > 0 && b.to != samples)
    context.error(
        context.where_of(key + "batch"),
        fmt::format("batch {} of stage '{}' is not prompts_per_step {} x samples_per_prompt {} = {}", b.to,
                    stage.name, r.prompts_per_step, r.samples_per_prompt, samples),
        "one sequence holds one answer");
  if (stage.sequence > 0 && r.prompt_tokens + r.response_tokens > stage.sequence)
    context.error(context.where_of(key + "sequence"),
                  fmt::format("sequence {} of stage '{}' is shorter than prompt {} + response {}",
                              stage.sequence, stage.name, r.prompt_tokens, r.response_tokens),
                  fmt::format("use at least {}", r.prompt_tokens + r.response_tokens));
}

void check_model(Context& context, const model::TransformerSpec& m) {
  if (m.layers > 0 && m.dense_layers > m.layers)
    context.error(context.where_of("model.dense_layers"),
                  fmt::format("{} dense layers of {} layers", m.dense_layers, m.layers),
                  "dense_layers counts within layers");
  const auto& moe = m.moe;
  if (moe.experts == 0) {
    if (m.layers > 0 && m.dense_layers < m.layers)
      context.error(context.where_of("model.dense_layers"),
                    fmt::format("{} of {} layers are dense, but the model has no moe for the rest",
                                m.dense_layers, m.layers),
                    "add moe, or make every layer dense");
    return;
  }
  if (moe.groups > 0 && moe.experts % moe.groups != 0)
    context.error(context.where_of("model.moe.groups"),
                  fmt::format("groups {} does not divide {} experts", moe.groups, moe.experts),
                  nearby_divisors(moe.experts, moe.groups));
  else if (moe.groups > 0 && moe.top_k > moe.experts / moe.groups * moe.top_groups && moe.top_groups > 0)
    context.error(context.where_of("model.moe.top_k"),
                  fmt::format("top_k {} is more than the {} experts of {} chosen groups", moe.top_k,
                              moe.experts / moe.groups * moe.top_groups, moe.top_groups),
                  "choose fewer experts or more groups");
  if (moe.groups > 0 && moe.top_groups > moe.groups)
    context.error(context.where_of("model.moe.top_groups"),
                  fmt::format("top_groups {} of {} groups", moe.top_groups, moe.groups),
                  fmt::format("use 1 to {}", moe.groups));
}

void check_cluster(Context& context, const Scenario& s) {
  const auto& c = s.cluster;
  if (c.gpus > 0 && c.gpus_per_node > 0 && c.gpus % c.gpus_per_node != 0)
    context.error(context.where_of("cluster.gpus"),
                  fmt::format("{} GPUs do not fill nodes of {}", c.gpus, c.gpus_per_node),
                  nearby_divisors(c.gpus, c.gpus_per_node) + " a node");
  const bool planes = c.fabric.kind == topology::FabricSpec::Kind::multi_plane_fat_tree;
  if (planes && c.fabric.planes > 0 && c.nics_per_node > 0 && c.fabric.planes != c.nics_per_node)
    context.error(context.where_of("cluster.fabric.planes"),
                  fmt::format("{} planes for {} NICs a node", c.fabric.planes, c.nics_per_node),
                  "a multi-plane fabric has one plane for each NIC of a node");
  if (s.gpu.sms.value > 0 && s.software.communication_sms.value >= s.gpu.sms.value)
    context.error(
        context.where_of("plan.software.communication_sms"),
        fmt::format("communication takes {} of {} SMs", s.software.communication_sms.value, s.gpu.sms.value),
        "some must be left for compute");
}

}  // namespace

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

void cross_checks(Context& context, const Scenario& scenario) {
  check_model(context, scenario.model);
  check_cluster(context, scenario);
  check_layout(context, {scenario.plan, "plan", ""}, scenario);
  for (const auto& stage : scenario.stages) {
    const auto prefix = "stages." + stage.name + ".plan";
    const bool own_layout =
        stage.plan.pipeline != scenario.plan.pipeline || stage.plan.data != scenario.plan.data ||
        stage.plan.tensor != scenario.plan.tensor || stage.plan.context != scenario.plan.context ||
        stage.plan.expert != scenario.plan.expert || stage.plan.zero != scenario.plan.zero ||
        stage.plan.stages != scenario.plan.stages;
    if (own_layout)  // otherwise the scenario's plan has been judged already
      check_layout(context, {stage.plan, prefix, fmt::format(" in stage '{}'", stage.name)}, scenario);
    check_stage(context, stage);
  }
}

}  // namespace foretrain::spec
