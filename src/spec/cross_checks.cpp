// What no single value can be wrong about: how the values fit one another. Each check names the values it
// compared and what would fit. Whether a plan fits the memory is a question for the study, not for the
// reader.

#include <fmt/core.h>

#include <cmath>
#include <numeric>

#include "plan/schedule.hpp"
#include "spec/cross_checks.hpp"

namespace foretrain::spec {
namespace {

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
  const auto stages = stage_count(p);
  const auto why = plan::why_not(p.schedule, stages, batch / share, p.virtual_stages);
  if (why.empty()) return;
  const bool other = p.pipeline * plan::stages_per_rank(p.fallback, p.virtual_stages) == stages;
  if (other && plan::why_not(p.fallback, stages, batch / share).empty()) return;
  const auto nearest = plan::nearest_micro_batches(p.schedule, stages, batch / share, p.virtual_stages);
  context.error(where,
                fmt::format("batch {} of stage '{}' leaves {} micro-batches: {}", batch, stage.name,
                            batch / share, why),
                other ? fmt::format("fallback {} cannot run it either; use another batch or fallback: zb1p",
                                    name_of(p.fallback))
                      : fmt::format("use batch {}", nearest * share));
}

void check_batch(Context& context, const StageSpec& stage) {
  const auto key = "stages." + stage.name + ".";
  const auto& b = stage.batch;
  if (b.from == b.to) return check_micro_batches(context, stage, b.to, context.where_of(key + "batch"));
  check_micro_batches(context, stage, b.from, context.where_of(key + "batch.from"));
  check_micro_batches(context, stage, b.to, context.where_of(key + "batch.to"));
}

void check_ramp(Context& context, const StageSpec& stage) {
  const auto key = "stages." + stage.name + ".";
  const auto& b = stage.batch;
  if (b.from > b.to && b.to > 0)
    context.error(context.where_of(key + "batch.from"),
                  fmt::format("the batch shrinks from {} to {}", b.from, b.to), "a ramp grows: from < to");
  if (stage.tokens > 0 && b.over_tokens > stage.tokens)
    context.error(context.where_of(key + "batch.over"),
                  fmt::format("the ramp is longer than stage '{}' itself", stage.name),
                  "over must be at most tokens");
}

void check_rollout(Context& context, const StageSpec& stage, const RolloutSpec& r) {
  const auto key = "stages." + stage.name + ".";
  const auto samples = r.prompts_per_step * r.samples_per_prompt;
  if (samples > 0 && stage.batch.to > 0 && stage.batch.to != samples)
    context.error(
        context.where_of(key + "batch"),
        fmt::format("batch {} of stage '{}' is not prompts_per_step {} x samples_per_prompt {} = {}",
                    stage.batch.to, stage.name, r.prompts_per_step, r.samples_per_prompt, samples),
        "one sequence holds one answer");
  if (stage.sequence > 0 && r.prompt_tokens + r.response_tokens > stage.sequence)
    context.error(context.where_of(key + "sequence"),
                  fmt::format("sequence {} of stage '{}' is shorter than prompt {} + response {}",
                              stage.sequence, stage.name, r.prompt_tokens, r.response_tokens),
                  fmt::format("use at least {}", r.prompt_tokens + r.response_tokens));
}

// With context parallelism each GPU holds two pieces, one from each end, so that causal attention is as much
// work for all (zig-zag order, arXiv:2407.21783, section 3.3.2). Sequence parallelism cuts what it holds.
void check_sequence(Context& context, const StageSpec& stage, Where where) {
  const auto& p = stage.plan;
  if (stage.sequence == 0 || p.context == 0 || p.tensor == 0) return;
  const auto nearest = [&](std::int64_t step) {
    const auto below = stage.sequence / step * step;
    return below == 0 ? fmt::format("use {}", step) : fmt::format("use {} or {}", below, below + step);
  };
  const auto pieces = p.context > 1 ? 2 * p.context : 1;
  if (stage.sequence % pieces != 0)
    context.error(where,
                  fmt::format("sequence {} of stage '{}' does not divide by 2 x context {} = {}",
                              stage.sequence, stage.name, p.context, pieces),
                  nearest(pieces));
  else if (p.sequence_parallel && stage.sequence / p.context % p.tensor != 0)
    context.error(where,
                  fmt::format("sequence {} of stage '{}' over context {} does not divide by tensor {}, "
                              "which sequence_parallel asks for",
                              stage.sequence, stage.name, p.context, p.tensor),
                  nearest(std::lcm(pieces, p.context * p.tensor)));
}

// Only kernels of variable lengths pass over pairs of two documents.
void check_documents(Context& context, const StageSpec& stage, const plan::SoftwareSpec& software) {
  if (!stage.documents) return;
  const auto where = context.where_of("stages." + stage.name + ".documents");
  if (stage.rollout)
    context.error(where, fmt::format("documents in stage '{}': one sequence holds one answer", stage.name),
                  "leave documents out");
  else if (stage.documents->masked && !software.name.empty() && !software.kernels.flash_attention)
    context.error(where,
                  fmt::format("the attention of {} knows no documents: it computes every score of a sequence",
                              software.name),
                  "use mask: none, or a profile with flash_attention: true");
}

void check_stage(Context& context, const StageSpec& stage, const plan::SoftwareSpec& software,
                 bool layout_fits) {
  const auto key = "stages." + stage.name + ".";
  if (layout_fits) check_batch(context, stage);
  check_ramp(context, stage);
  check_sequence(context, stage, context.where_of(key + "sequence"));
  if (stage.kind == StageSpec::Kind::supervised &&
      stage.mean_sample_tokens > static_cast<double>(stage.sequence) && stage.sequence > 0)
    context.error(
        context.where_of(key + "mean_sample_tokens"),
        fmt::format("samples of stage '{}' are longer than its sequence of {}", stage.name, stage.sequence),
        "samples are packed into sequences, not cut");
  check_documents(context, stage, software);
  if (stage.rollout) check_rollout(context, stage, *stage.rollout);
}

void check_model(Context& context, const model::TransformerSpec& m) {
  if (m.layers > 0 && m.dense_layers > m.layers)
    context.error(context.where_of("model.dense_layers"),
                  fmt::format("{} dense layers of {} layers", m.dense_layers, m.layers),
                  "dense_layers counts within layers");
  if (m.attention.kv_heads > 0 && m.attention.heads % m.attention.kv_heads != 0)
    context.error(context.where_of("model.attention.kv_heads"),
                  fmt::format("kv_heads {} does not divide the {} attention heads", m.attention.kv_heads,
                              m.attention.heads),
                  nearby_divisors(m.attention.heads, m.attention.kv_heads));
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
  const bool filled = c.gpus_per_node == 0 || c.gpus % c.gpus_per_node == 0;
  if (!filled)
    context.error(context.where_of("cluster.gpus"),
                  fmt::format("{} GPUs do not fill nodes of {}", c.gpus, c.gpus_per_node),
                  nearby_divisors(c.gpus, c.gpus_per_node) + " a node");
  const bool shared = filled && c.nics_per_node > 0 && c.nics_per_node < c.gpus_per_node;
  if (shared)
    context.error(context.where_of("cluster.nics_per_node"),
                  fmt::format("{} GPUs a node share {} NIC{}: not modelled yet", c.gpus_per_node,
                              c.nics_per_node, c.nics_per_node == 1 ? "" : "s"),
                  fmt::format("give each GPU a NIC: nics_per_node: {}", c.gpus_per_node));
  const bool planes = c.fabric.kind == topology::FabricSpec::Kind::multi_plane_fat_tree;
  if (!shared && planes && c.fabric.planes > 0 && c.nics_per_node > 0 && c.fabric.planes != c.nics_per_node)
    context.error(context.where_of("cluster.fabric.planes"),
                  fmt::format("{} planes for {} NICs a node", c.fabric.planes, c.nics_per_node),
                  "a multi-plane fabric has one plane for each NIC of a node");
  const auto leaves_sms = [&](const char* key, std::int64_t taken) {
    if (s.gpu.sms.value > 0 && taken >= s.gpu.sms.value)
      context.error(context.where_of(key),
                    fmt::format("communication takes {} of {} SMs", taken, s.gpu.sms.value),
                    "some must be left for compute");
  };
  leaves_sms("plan.software.communication_sms", s.software.communication_sms.value);
  leaves_sms("plan.software.nccl_sms", s.software.nccl_sms.value);
}

}  // namespace

void cross_checks(Context& context, const Scenario& scenario) {
  check_model(context, scenario.model);
  check_cluster(context, scenario);
  check_layout(context, {scenario.plan, "plan", "", nullptr}, scenario);
  for (const auto& stage : scenario.stages) {
    const auto prefix = "stages." + stage.name + ".plan";
    const bool fits = check_layout(context, {stage.plan, prefix, stage.name, &scenario.plan}, scenario);
    check_stage(context, stage, scenario.software, fits);
  }
}

}  // namespace foretrain::spec
