#include "plan/memory.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/words.hpp"

namespace foretrain::plan {

namespace {

using model::Unit;

struct Held {  // parameters on one GPU
  double dense = 0, expert = 0, fp8 = 0;
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
  switch (unit) {
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
  }
  check(false, "unknown unit");
  return 0;
}

Held count_held(const MemoryInputs& in, const std::vector<Unit>& units) {
  Held held;
  for (const Unit unit : units) {
    const double experts = model::count_expert_parameters(*in.model, unit);
    held.expert += experts / static_cast<double>(in.plan->expert);
    held.dense += model::count_parameters(*in.model, unit) - experts;
    held.fp8 += fp8_weights(*in.model, unit);
  }
  held.fp8 += held.expert;
  // An MTP module away from the main model's embedding or head holds a copy of them.
  if (holds(units, Unit::mtp_layer) && !holds(units, Unit::embedding))
    held.dense += model::count_parameters(*in.model, Unit::embedding);
  if (holds(units, Unit::mtp_head) && !holds(units, Unit::head))
    held.dense += model::count_parameters(*in.model, Unit::embedding);  // the projection has the same size
  return held;
}

void add(MemoryReport& report, std::string name, double size, std::string how) {
  report.terms.push_back({std::move(name), bytes(size), std::move(how)});
}

void add_parameters(MemoryReport& report, const MemoryInputs& in, const std::vector<Unit>& units) {
  const auto& p = *in.plan;
  const Held held = count_held(in, units);
  const double all = held.dense + held.expert;
  add(report, "weights", 2 * all,
      fmt::format("{:.3f} B parameters in BF16, of them {:.3f} B routed experts", all / 1e9,
                  held.expert / 1e9));
  if (p.precision == model::Precision::fp8)
    add(report, "fp8_weights", held.fp8 * (1 + 4.0 / (128 * 128)),
        fmt::format("{:.3f} B parameters of linear layers again in FP8, a scale per 128 x 128",
                    held.fp8 / 1e9));
  add(report, "gradients", 4 * all, "FP32, one for each parameter");
  const std::int64_t copies = p.data * p.context * (p.schedule == Schedule::dualpipe ? 2 : 1);
  const double dense_share = p.zero > 0 ? static_cast<double>(copies) : 1.0;
  const double expert_share = p.zero > 0 ? std::max(1.0, dense_share / static_cast<double>(p.expert)) : 1.0;
  add(report, "optimizer",
      in.optimizer_bytes_per_parameter * (held.dense / dense_share + held.expert / expert_share),
      dense_share == 1 ? fmt::format("{} B a parameter, not shared", in.optimizer_bytes_per_parameter)
                       : fmt::format("{} B a parameter; shared among {:g} GPUs, experts {}",
                                     in.optimizer_bytes_per_parameter, dense_share,
                                     expert_share == 1 ? "not" : fmt::format("among {:g}", expert_share)));
}

void add_activations(MemoryReport& report, const MemoryInputs& in) {
  double layers = 0, heads = 0, chunks = 0;
  for (const auto& load : in.held) {
    chunks += load.chunks;
    for (const Unit unit : in.plan->stages[static_cast<std::size_t>(load.stage)]) {
      const double kept = kept_per_micro_batch(list_ops(*in.model, unit, in.work)).base();
      (unit == Unit::head || unit == Unit::mtp_head ? heads : layers) += load.chunks * kept;
    }
  }
  add(report, "activations", layers,
      fmt::format("kept by the op lists, {:g} {} in flight", chunks,
                  plural(chunks, "micro-batch", "micro-batches")));
  if (heads > 0)
    add(report, "logits", heads, "BF16 logits and norm inputs of the heads until their backward");
}

// Everything that the largest block of a backward writes, as if nothing were freed before the block ends.
void add_temporaries(MemoryReport& report, const MemoryInputs& in, const std::vector<Unit>& units) {
  double largest = 0;
  for (const Unit unit : units) {
    const auto ops = list_ops(*in.model, unit, in.work);
    for (const auto* block : {&ops.mlp_i, &ops.attention_i}) {
      double written = 0;
      for (const auto& op : *block) written += op.kernel.written.base();
      largest = std::max(largest, written);
    }
  }
  add(report, "temporaries", largest,
      "all that the largest backward block writes, recomputed tensors included");
}

void add_buffers(MemoryReport& report, const MemoryInputs& in, const std::vector<Unit>& units) {
  const double hidden = 2.0 * static_cast<double>(in.work.tokens * in.model->hidden);
  if (holds(units, Unit::moe_layer) || holds(units, Unit::mtp_layer)) {
    const auto row = model::exchange_row(*in.model, in.plan->precision);
    const Bytes rows = row.dispatch + row.dispatch_gradient + row.combine + row.combine_gradient;
    add(report, "exchange_buffers", static_cast<double>(in.work.received_tokens) * rows.base(),
        fmt::format("{} received tokens, one layer's dispatch and combine both ways",
                    in.work.received_tokens));
  }
  if (in.plan->stages.size() > 1)
    add(report, "pipeline_buffers", 4 * hidden * static_cast<double>(in.held.size()),
        "for each stage here: activation and gradient, in and out");
  add(report, "reserve", in.reserve.base(), in.reserve_source);
}

}  // namespace

MemoryReport memory_of_rank(const MemoryInputs& in) {
  check(in.plan->tensor == 1 && in.plan->zero <= 1, "tensor parallelism and ZeRO above 1 are not modelled");
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

std::vector<Bytes> kept_by_stage(const model::TransformerSpec& model, const PlanSpec& plan,
                                 const model::Work& work) {
  std::vector<Bytes> kept;
  for (const auto& stage : plan.stages) {
    Bytes sum;
    for (const Unit unit : stage) sum += kept_per_micro_batch(list_ops(model, unit, work));
    kept.push_back(sum);
  }
  return kept;
}

std::vector<StageLoad> load_at_peak(const Program& program, std::size_t rank,
                                    const std::vector<Bytes>& kept) {
  std::vector<StageLoad> now, worst;
  for (const auto& ranks : program.rank_of)
    for (std::size_t stage = 0; stage < ranks.size(); ++stage)
      if (static_cast<std::size_t>(ranks[stage]) == rank) {
        const auto id = static_cast<std::int32_t>(stage);
        const auto known =
            std::any_of(now.begin(), now.end(), [&](const StageLoad& s) { return s.stage == id; });
        if (!known) now.push_back({id, 0});
      }
  worst = now;
  Bytes most;
  const auto change = [&](std::int32_t stage, double by) {
    for (auto& load : now)
      if (load.stage == stage) load.chunks += by;
  };
  for (const auto& step : program.per_rank[rank]) {
    if (step.forward_stage >= 0) change(step.forward_stage, 1);
    Bytes sum;
    for (const auto& load : now) sum += load.chunks * kept[static_cast<std::size_t>(load.stage)];
    if (sum > most) {
      most = sum;
      worst = now;
    }
    if (step.backward_stage >= 0 && step.action != Action::input_backward) change(step.backward_stage, -1);
  }
  return worst;
}

}  // namespace foretrain::plan
