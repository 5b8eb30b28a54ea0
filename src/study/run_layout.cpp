#include "study/run_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "plan/schedule.hpp"
#include "plan/stages.hpp"
#include "study/run_words.hpp"

namespace foretrain::study {
namespace {

using plan::PlanSpec;
template <class T>
using Or = tl::expected<T, std::string>;

std::optional<plan::Schedule> schedule_word(std::string word) {
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (word.starts_with("interleaved")) return plan::Schedule::interleaved;
  return plan::schedule_named(word);
}

// Sizes that are absent count as 1 beside others that are there; a row with none of them says nothing.
Or<PlanSpec> sizes(RunLookup& lookup, std::int64_t gpus) {
  const std::array layout_keys{"tp", "pp", "cp", "ep", "dp", "zero", "fsdp_group"};
  if (gpus > 1 && std::none_of(layout_keys.begin(), layout_keys.end(),
                               [&](const char* key) { return lookup.printed(key); }))
    return tl::unexpected(std::string("the layout is not printed"));
  PlanSpec plan;
  plan.tensor = lookup.count_or("tp", 1, "not printed");
  plan.pipeline = lookup.count_or("pp", 1, "not printed");
  plan.context = lookup.count_or("cp", 1, "not printed");
  plan.virtual_stages = lookup.count_or("vpp", 1, "not printed");
  plan.expert = lookup.count_or("ep", 1, "not printed");
  const std::int64_t others = plan.tensor * plan.pipeline * plan.context;
  if (gpus % others != 0)
    return tl::unexpected(fmt::format("tp {} x pp {} x cp {} = {} does not divide {} GPUs", plan.tensor,
                                      plan.pipeline, plan.context, others, gpus));
  plan.data = gpus / others;
  // Several publications count the context-parallel group, or the GPUs that share experts, into their dp.
  if (const auto dp = lookup.count("dp"); dp && *dp != plan.data && *dp != plan.data * plan.context)
    return tl::unexpected(fmt::format("dp {} is printed, but {} GPUs over tp {} x pp {} x cp {} leave {}",
                                      *dp, gpus, plan.tensor, plan.pipeline, plan.context, plan.data));
  const bool follows = lookup.flag_or("etp_follows_tp", false, "experts are cut by etp alone");
  plan.expert_tensor = lookup.count_or("etp", follows ? plan.tensor : 1, "not printed");
  return plan;
}

Or<PlanSpec> shards(PlanSpec plan, RunLookup& lookup) {
  const auto group = lookup.count("fsdp_group").value_or(0);
  const bool fsdp = group > 0 && !lookup.printed("zero");
  if (fsdp) lookup.note("zero", "3", "a group of FSDP is printed");
  const std::string word = fsdp ? "3" : lookup.word_or("zero", "1", "not printed");
  const auto zero = zero_word(word);
  if (!zero) return tl::unexpected(fmt::format("zero '{}' is not understood", word));
  plan.zero = *zero;
  const std::int64_t all = plan.data * plan.context;
  if (plan.zero == 3 && group > 0 && group != plan.data && group < all) {
    if (all % group != 0)
      return tl::unexpected(
          fmt::format("fsdp_group {} does not divide dp {} x cp {}", group, plan.data, plan.context));
    plan.shard_group = group;
  }
  plan.reshard = lookup.flag_or("reshard", true, "parameters are let go after the forward");
  plan.sequence_parallel = plan.tensor > 1 && lookup.flag_or("sequence_parallel", true,
                                                             "usual with tensor parallelism since 2022");
  plan.capacity_factor = lookup.number("capacity_factor").value_or(0);
  return plan;
}

Or<PlanSpec> behaviours(PlanSpec plan, RunLookup& lookup, const spec::Scenario& parts) {
  const std::string schedule =
      lookup.word_or("schedule", plan.virtual_stages > 1 ? "interleaved" : "1f1b", "by vpp");
  const auto known = schedule_word(schedule);
  if (!known) return tl::unexpected(fmt::format("schedule '{}' is not understood", schedule));
  plan.schedule =
      plan.virtual_stages > 1 && *known == plan::Schedule::one_f_one_b ? plan::Schedule::interleaved : *known;
  plan.fallback = plan.schedule == plan::Schedule::dualpipe ? plan::Schedule::zb1p : plan.schedule;
  const std::string kept = lookup.word_or("recompute", "none", "not printed");
  const auto recompute = recompute_word(kept);
  if (!recompute) return tl::unexpected(fmt::format("recompute '{}' is not understood", kept));
  plan.recompute = *recompute;
  const std::string digits = lookup.word_or("precision", "BF16", "not printed");
  const auto precision = precision_word(digits, parts.gpu.peak_fp4.value > FlopRate{});
  if (!precision) return tl::unexpected(fmt::format("precision '{}' is not understood", digits));
  plan.precision = *precision;
  if (plan.recompute.products == model::Products::second && plan.precision != model::Precision::bf16)
    plan.recompute.products = model::Products::all;  // torchtitan's list names BF16 products alone
  plan.context_exchange = parts.software.context_exchange;
  if (plan.context > 1)
    lookup.note("context_exchange", std::string(name_of(plan.context_exchange)),
                fmt::format("software {}", parts.software.name));
  plan.overlap = parts.software.overlap;
  const auto overlap = [&](const char* key, bool& value) {
    value = lookup.flag_or(key, value, fmt::format("software {}", parts.software.name));
  };
  overlap("overlap_gradients", plan.overlap.gradients);
  overlap("overlap_parameters", plan.overlap.parameters);
  overlap("overlap_tensor", plan.overlap.tensor);
  overlap("overlap_p2p", plan.overlap.p2p);
  return plan;
}

// Micro-batches of a replica in a step.
Or<std::int64_t> micro_batches(const PlanSpec& plan, RunLookup& lookup) {
  const std::int64_t share = plan.data * plan.micro_batch;
  if (const auto batch = lookup.count("gbs_sequences")) {
    if (*batch % share != 0)
      return tl::unexpected(fmt::format("a batch of {} is no multiple of dp {} x micro-batch {}", *batch,
                                        plan.data, plan.micro_batch));
    return *batch / share;
  }
  if (const auto count = lookup.count("microbatches")) return *count;
  if (const auto count = lookup.count("grad_accum")) return *count;
  if (const auto local = lookup.count("local_batch")) {
    if (*local % plan.micro_batch != 0)
      return tl::unexpected(
          fmt::format("a local batch of {} is no multiple of micro-batch {}", *local, plan.micro_batch));
    return *local / plan.micro_batch;
  }
  if (!lookup.printed("mbs_sequences")) return tl::unexpected(std::string("the batch is not printed"));
  lookup.note("microbatches", "1", "a micro-batch is printed, and no other batch");
  return 1;
}

}  // namespace

std::int64_t even_share(std::int64_t usual, std::int64_t gpus, std::int64_t step) {
  if (gpus <= usual) return gpus;
  for (std::int64_t size = usual / step * step; size >= step; size -= step)
    if (gpus % size == 0) return size;
  return 1;
}

// Nobody prints fabrics: a rail-optimised tree without oversubscription, of two layers and the smallest usual
// switch that joins all.
topology::ClusterSpec cluster_of_run(RunLookup& lookup, std::int64_t gpus) {
  topology::ClusterSpec cluster;
  const auto usual = lookup.count_or("gpus_per_node", 8, "DGX and HGX boards");
  cluster.name = "as published";
  cluster.gpus = gpus;
  cluster.gpus_per_node = even_share(usual, gpus, 1);
  if (cluster.gpus_per_node != usual)
    lookup.note("GPUs used of a node", fmt::format("{}", cluster.gpus_per_node), fmt::format("of {}", usual));
  const auto domain = lookup.count_or("nvlink_domain", cluster.gpus_per_node, "NVLink within a node");
  cluster.nvlink_domain = even_share(domain, gpus, cluster.gpus_per_node);
  if (cluster.nvlink_domain != domain)
    lookup.note("GPUs used of an NVLink domain", fmt::format("{}", cluster.nvlink_domain),
                fmt::format("of {}", domain));
  cluster.nics_per_node =
      cluster.gpus_per_node;  // where GPUs share cards, each with its share: see shared_nic()
  cluster.fabric.kind = topology::FabricSpec::Kind::multi_rail_fat_tree;
  cluster.fabric.planes = 1;
  cluster.fabric.levels = 2;
  cluster.fabric.switch_ports = 64;
  const auto cards = gpus / cluster.gpus_per_node * cluster.nics_per_node;
  while (cluster.fabric.switch_ports * cluster.fabric.switch_ports / 2 < cards)
    cluster.fabric.switch_ports *= 2;
  lookup.note("fabric", fmt::format("two layers of {}-port switches", cluster.fabric.switch_ports),
              "not printed: rails joined at full rate");
  return cluster;
}

hardware::NicSpec shared_nic(RunLookup& lookup, hardware::NicSpec nic) {
  const auto gpus = lookup.count_or("gpus_per_node", 8, "DGX and HGX boards");
  const auto cards = lookup.count_or("nics_per_node", gpus, "a NIC for each GPU");
  if (cards >= gpus) return nic;
  const double share = static_cast<double>(cards) / static_cast<double>(gpus);
  nic.line_rate.value = nic.line_rate.value * share;
  nic.achieved.value = nic.achieved.value * share;
  lookup.note("rate of a GPU's card", fmt::format("{:.3g} of one", share),
              "GPUs of a node share its cards evenly");
  return nic;
}

namespace {

// Layers of each stage where a run says those of the first or the last: the others share the rest evenly.
std::vector<std::int64_t> stated_layers(RunLookup& lookup, std::int64_t layers, std::int64_t stages) {
  const auto first = lookup.count("first_stage_layers"), last = lookup.count("last_stage_layers");
  if ((!first && !last) || stages < 3) return {};
  const auto even = (layers + stages - 1) / stages;
  const auto middle = layers - first.value_or(even) - last.value_or(even);
  if (middle < stages - 2 || middle % (stages - 2) != 0) {
    lookup.note("layers of the end stages", "not kept", "the stages between would not share the rest evenly");
    return {};
  }
  std::vector<std::int64_t> shares(static_cast<std::size_t>(stages), middle / (stages - 2));
  shares.front() = first.value_or(even);
  shares.back() = last.value_or(even);
  return shares;
}

plan::Stages stages_of_layers(const model::TransformerSpec& model, const std::vector<std::int64_t>& layers) {
  const auto units = model::list_units(model);
  plan::Stages stages;
  auto from = units.begin();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto to = i + 1 == layers.size() ? units.end() : from + layers[i] + (i == 0 ? 1 : 0);
    stages.emplace_back(from, to);
    from = to;
  }
  return stages;
}

}  // namespace

plan::PlanSpec with_stages(plan::PlanSpec plan, const model::TransformerSpec& model, RunLookup& lookup) {
  const auto stages = plan.pipeline * plan::stages_per_rank(plan.schedule, plan.virtual_stages);
  if (static_cast<std::int64_t>(model::list_units(model).size()) < stages) return plan;
  const auto stated = stated_layers(lookup, model.layers, stages);
  plan.stages = stated.empty() ? plan::default_stages(model, stages) : stages_of_layers(model, stated);
  if (model.layers % stages != 0)
    lookup.note("stages", plan::to_text(plan.stages), "layers do not divide evenly");
  plan.stages = plan::recompute_first(std::move(plan.stages), plan.recompute.full_layers);
  return plan;
}

Or<RunLayout> layout_of_run(RunLookup& lookup, const spec::Scenario& parts, std::int64_t gpus) {
  auto plan = sizes(lookup, gpus)
                  .and_then([&](const PlanSpec& p) { return shards(p, lookup); })
                  .and_then([&](const PlanSpec& p) { return behaviours(p, lookup, parts); });
  if (!plan) return tl::unexpected(plan.error());
  plan->micro_batch = lookup.count_or("mbs_sequences", 1, "not printed");
  const auto count = micro_batches(*plan, lookup);
  if (!count) return tl::unexpected(count.error());
  RunLayout layout{with_stages(*plan, parts.model, lookup), *count * plan->data * plan->micro_batch};
  if (layout.plan.stages.empty())
    return tl::unexpected(fmt::format("{} layers do not fill pp {} x vpp {} stages", parts.model.layers,
                                      plan->pipeline, plan->virtual_stages));
  return layout;
}

}  // namespace foretrain::study
