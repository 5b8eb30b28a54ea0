#include "plan/memory.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/words.hpp"
#include "plan/parameters.hpp"

namespace foretrain::plan {

namespace {

using model::Unit;

struct Held {  // parameters on one GPU, before ZeRO shares them
  Parameters parameters;
  double fp8 = 0;                       // of them, in linear layers that run in 8 bits or fewer
  double largest = 0, largest_two = 0;  // of one unit; of two neighbours
};

bool holds(const std::vector<Unit>& units, Unit unit) {
  return std::find(units.begin(), units.end(), unit) != units.end();
}

std::vector<Unit> units_of(const MemoryInputs& in) {
  std::vector<Unit> units;
  for (const auto& load : in.held) {
    const auto& stage = in.plan->stages[static_cast<std::size_t>(load.stage)];
    units.insert(units.end(), stage.begin(), stage.end());
  }
  return units;
}

// Matmul weights that run in FP8, other than routed experts: all linear layers but gate, embedding and head.
double fp8_weights(const model::TransformerSpec& model, Unit unit) {
  const double hidden = static_cast<double>(model.hidden),
               attention = model::count_attention_parameters(model);
  const double shared = model::count_feed_forward_parameters(model, model::shared_width(model.moe));
  const double dense = model::count_feed_forward_parameters(model, model.dense_ffn);
  switch (model::plain(unit)) {
    case Unit::dense_layer:
    case Unit::dense_window_layer:
      return attention + dense;
    case Unit::moe_layer:
    case Unit::moe_window_layer:
      return attention + shared;
    case Unit::mtp_layer:
      return attention + (model.moe.experts > 0 ? shared : dense) + 2.0 * hidden * hidden;
    case Unit::embedding:
    case Unit::head:
    case Unit::mtp_head:
      return 0;
    default:
      break;
  }
  check(false, "unknown unit");
  return 0;
}

Held count_held(const MemoryInputs& in, const std::vector<Unit>& units) {
  Held held;
  const double tensor = static_cast<double>(in.plan->tensor);
  double before = 0;
  for (const Unit unit : units) {
    const Parameters p = parameters_on_gpu(*in.model, *in.plan, unit);
    held.parameters.dense += p.dense;
    held.parameters.expert += p.expert;
    held.fp8 += fp8_weights(*in.model, unit) / tensor;
    held.largest = std::max(held.largest, p.all());
    held.largest_two = std::max(held.largest_two, before + p.all());
    before = p.all();
  }
  held.fp8 += held.parameters.expert;
  // An MTP module away from the main model's embedding or head holds a copy of them.
  const double table = model::count_parameters(*in.model, Unit::embedding) / tensor;
  if (holds(units, Unit::mtp_layer) && !holds(units, Unit::embedding)) held.parameters.dense += table;
  if (holds(units, Unit::mtp_head) && !holds(units, Unit::head))
    held.parameters.dense += table;  // the projection has the same size
  return held;
}

void add(MemoryReport& report, std::string name, double size, std::string how) {
  report.terms.push_back({std::move(name), bytes(size), std::move(how)});
}

// Bytes of a weight's copies in the formats that its GEMMs read, kept through a step. DeepSeek's stack keeps
// one with a scale per 128 x 128; Transformer Engine one by rows and one by columns, with their scales.
double copy_bytes(const MemoryInputs& in) {
  using model::Precision;
  const bool standard = in.work.kernels.stack == model::Kernels::Stack::standard;
  switch (in.plan->precision) {
    case Precision::bf16:
      return 0;
    case Precision::fp8:
      return (standard ? 2 : 1) * (1 + 4.0 / (128 * 128));
    case Precision::fp8_tensor:
      return 2;
    case Precision::mxfp8:
      return 2 * (1 + 1.0 / 32);
    case Precision::nvfp4:
      return 2 * (0.5 + 1.0 / 16);
  }
  return 0;
}

void add_weights(MemoryReport& report, const MemoryInputs& in, const Held& held, const Shards& shards) {
  const auto& p = held.parameters;
  const auto& plan = *in.plan;
  const double share =
      p.dense / static_cast<double>(shards.dense) + p.expert / static_cast<double>(shards.expert);
  const double eight_bit = in.eight_bit_weights && plan.zero < 3 ? held.fp8 : 0;
  const std::string experts =
      p.expert > 0 ? fmt::format(", of them {:.3f} B routed experts", p.expert / 1e9) : "";
  add(report, "weights", 2 * (plan.zero == 3 ? share : p.all() - eight_bit),
      fmt::format("{:.3f} B parameters in BF16{}{}{}", (p.all() - eight_bit) / 1e9,
                  eight_bit > 0 ? "" : experts,
                  plan.zero == 3 ? fmt::format("; shared among {}", shards.dense) : "",
                  eight_bit > 0 ? "; those of linear layers are kept in 8 bits alone" : ""));
  if (plan.zero == 3)
    add(report, "gathered_weights", 2 * (plan.reshard ? held.largest_two : p.all()),
        plan.reshard ? "BF16, of the unit that computes and of the next"
                     : "BF16, of every unit, kept until "
                       "the backward");
  if (plan.precision == model::Precision::bf16) return;
  add(report, "fp8_weights", (plan.zero == 3 ? held.largest_two : held.fp8) * copy_bytes(in),
      plan.precision == model::Precision::fp8 && in.work.kernels.stack == model::Kernels::Stack::deepseek
          ? fmt::format("{:.3f} B parameters of linear layers again in FP8, a scale per 128 x 128",
                        held.fp8 / 1e9)
          : fmt::format("{:.3f} B parameters of linear layers{}, {:.3g} B each by rows and by columns",
                        held.fp8 / 1e9, eight_bit > 0 ? "" : " again", copy_bytes(in)));
}

void add_states(MemoryReport& report, const MemoryInputs& in, const Held& held, const Shards& shards) {
  const auto& plan = *in.plan;
  const auto& p = held.parameters;
  const Copies copies = copies_of(plan);
  const double dense_share =
      plan.zero == 0 ? 1.0 : static_cast<double>(plan.zero == 3 ? shards.dense : copies.dense);
  const double expert_share =
      plan.zero == 0 ? 1.0 : static_cast<double>(plan.zero == 3 ? shards.expert : copies.expert);
  const double shared = p.dense / dense_share + p.expert / expert_share;
  const double gradient = in.gradient_bytes_per_parameter;
  const std::string experts = p.expert == 0       ? ""
                              : expert_share == 1 ? ", experts not"
                                                  : fmt::format(", experts among {:g}", expert_share);
  const std::string kind = gradient == 4 ? "FP32" : fmt::format("{} B", gradient);
  if (plan.zero < 2)
    add(report, "gradients", gradient * p.all(), kind + ", one for each parameter");
  else
    add(report, "gradients", gradient * (shared + held.largest),
        kind + ", a share of them, and all of the largest unit");
  if (plan.offload_optimizer) {
    report.host = bytes((in.optimizer_bytes_per_parameter + in.gradient_bytes_per_parameter) * shared);
    add(report, "optimizer", 0,
        fmt::format("{:.2f} GiB in host memory, with the gradients' copy there: {} + {} B a parameter",
                    report.host / one_gib, in.optimizer_bytes_per_parameter, gradient));
    return;
  }
  add(report, "optimizer", in.optimizer_bytes_per_parameter * shared,
      dense_share == 1 ? fmt::format("{} B a parameter, not shared", in.optimizer_bytes_per_parameter)
                       : fmt::format("{} B a parameter; shared among {:g} GPUs{}",
                                     in.optimizer_bytes_per_parameter, dense_share, experts));
}

void add_parameters(MemoryReport& report, const MemoryInputs& in, const std::vector<Unit>& units) {
  const Held held = count_held(in, units);
  const Shards shards = shards_of(*in.plan);
  add_weights(report, in, held, shards);
  add_states(report, in, held, shards);
}

constexpr const char* activations_name = "activations";
constexpr const char* logits_name = "logits";

void add_activations(MemoryReport& report, const MemoryInputs& in) {
  double chunks = 0;
  for (const auto& load : in.held) chunks += load.chunks;
  const auto [layers, heads] = kept_in_flight(*in.plan, in.units, in.held);
  add(report, activations_name, layers.base(),
      fmt::format("kept by the op lists, {:g} {} in flight", chunks,
                  plural(chunks, "micro-batch", "micro-batches")));
  if (heads > Bytes{})
    add(report, logits_name, heads.base(), "BF16 logits and norm inputs of the heads until their backward");
}

void add_temporaries(MemoryReport& report, const MemoryInputs& in, const std::vector<Unit>& units) {
  Bytes largest;
  for (const Unit unit : units)
    largest = std::max(largest, in.units[static_cast<std::size_t>(unit)].temporaries);
  add(report, "temporaries", largest.base(),
      "all that the largest backward block writes, recomputed tensors included");
}

void add_exchange_buffers(MemoryReport& report, const MemoryInputs& in) {
  const auto row = model::exchange_row(*in.model, in.work);
  const Bytes rows = row.dispatch + row.dispatch_gradient + row.combine + row.combine_gradient;
  if (in.exchange != TokenExchange::all_to_all)
    add(report, "exchange_buffers", static_cast<double>(in.work.received_tokens) * rows.base(),
        fmt::format("{} received tokens, one layer's dispatch and combine both ways",
                    in.work.received_tokens));
  else
    add(report, "exchange_buffers", static_cast<double>(in.work.routed_rows) * row.dispatch.base(),
        fmt::format("{} received rows of one layer's dispatch", in.work.routed_rows));
}

// Keys and values of the whole sequence, of one layer at a time: as they were received, and what is projected
// from gathered latents (unless that is recomputed, and so among the temporaries). Their gradients are
// written by the backward block.
void add_gathered_keys(MemoryReport& report, const MemoryInputs& in, const std::vector<Unit>& units) {
  if (in.work.context_parallel <= 1 || in.plan->context_exchange != ContextExchange::all_gather) return;
  if (std::none_of(units.begin(), units.end(), model::is_layer)) return;
  const auto row = model::context_row(*in.model, in.work);
  const auto& a = in.model->attention;
  const bool latents = row.values == Bytes{};
  const bool projected = latents && !in.work.recompute.mla_up;
  const auto heads = static_cast<double>(a.heads * (model::query_key_dim(a) + model::value_dim(a)));
  const double row_bytes = (row.keys + row.values).base() + (projected ? 2 * heads : 0);
  const auto tokens = in.work.tokens * in.work.context_parallel;
  add(report, "gathered_keys", static_cast<double>(tokens) * row_bytes,
      fmt::format("{} of {} tokens, one layer's{}", latents ? "latents" : "keys and values", tokens,
                  projected ? ", and keys and values made of them" : ""));
}

void add_buffers(MemoryReport& report, const MemoryInputs& in, const std::vector<Unit>& units) {
  const double hidden =
      2.0 * static_cast<double>(in.work.tokens * in.model->hidden) / static_cast<double>(in.plan->tensor);
  if (std::any_of(units.begin(), units.end(), [&](Unit u) { return model::has_experts(*in.model, u); }))
    add_exchange_buffers(report, in);
  add_gathered_keys(report, in, units);
  if (in.plan->stages.size() > 1)
    add(report, "pipeline_buffers", 4 * hidden * static_cast<double>(in.held.size()),
        "for each stage here: activation and gradient, in and out");
  add(report, "reserve", in.reserve.base(), in.reserve_source);
}

}  // namespace

Bytes total_with(const MemoryReport& report, const KeptBytes& kept) {
  Bytes total;
  for (const auto& term : report.terms)
    total += term.name == activations_name ? kept.layers : term.name == logits_name ? kept.heads : term.bytes;
  return total;
}

MemoryReport memory_of_rank(const MemoryInputs& given) {
  MemoryInputs in = given;
  if (in.units.empty()) in.units = list_unit_memory(*in.model, *in.plan, in.work);
  MemoryReport report;
  report.limit = in.limit;
  const auto units = units_of(in);
  add_parameters(report, in, units);
  add_activations(report, in);
  add_temporaries(report, in, units);
  add_buffers(report, in, units);
  for (const auto& term : report.terms) report.total += term.bytes;
  return report;
}

std::string breaking_term(const MemoryReport& report) {
  Bytes sum;
  for (const auto& term : report.terms) {
    sum += term.bytes;
    if (sum > report.limit) return term.name;
  }
  return "";
}

}  // namespace foretrain::plan
