#include "model/ops.hpp"

#include <array>
#include <utility>

#include "base/check.hpp"
#include "model/kernels.hpp"
#include "model/op_list.hpp"
#include "model/standard/layers.hpp"

namespace foretrain::model {

namespace {

void add_moe_layer(UnitLists& lists, const Sizes& s) {
  add_attention_forward(lists.attention_f, s);
  add_gate_forward(lists.attention_f, s);
  add_experts_forward(lists.mlp_f, s);
  add_experts_backward(lists.mlp_i, s);
  add_gate_backward(lists.attention_i, s);
  add_attention_backward(lists.attention_i, s);
  add_experts_weights(lists.mlp_w, s);
  add_attention_weights(lists.attention_w, s);
}

void add_dense_layer(UnitLists& lists, const Sizes& s, std::int64_t ffn) {
  const double hidden = bf16_size(area(s.tokens, s.hidden));
  add_attention_forward(lists.attention_f, s);
  add_dense_forward(lists.mlp_f, s, ffn);
  add_dense_backward(lists.mlp_i, s, ffn);
  // The two down projections' gradients join at the end; listed first, as in a mixture-of-experts layer.
  lists.attention_i.add("grad_add", stream(Family::elementwise, s.tokens, s.hidden, 2 * hidden, hidden));
  add_attention_backward(lists.attention_i, s);
  add_dense_weights(lists.mlp_w, s, ffn);
  add_attention_weights(lists.attention_w, s);
}

void add_head(UnitLists& lists, const Sizes& s) {
  add_head_forward(lists.mlp_f, s);
  add_head_backward(lists.mlp_i, s);
  add_head_weights(lists.mlp_w, s);
}

UnitOps list_deepseek_ops(const TransformerSpec& spec, Unit unit, const Work& work) {
  check(spec.attention.kind == AttentionSpec::Kind::mla && spec.activation == Activation::swiglu,
        "DeepSeek's kernels are for latent attention and SwiGLU");
  check(work.tensor_parallel == 1 && !work.recompute.layers, "DeepSeek's lists know no tensor parallelism");
  const auto s = sizes_of(spec, work);
  const bool routed = has_experts(spec, unit);
  UnitLists lists;
  if (unit == Unit::mtp_layer) add_mtp_projection_forward(lists.attention_f, s);
  switch (unit) {
    case Unit::embedding:
      add_embedding_forward(lists.mlp_f, s);
      add_embedding_weights(lists.mlp_w, s);
      break;
    case Unit::dense_layer:
      add_dense_layer(lists, s, spec.dense_ffn);
      break;
    case Unit::moe_layer:
    case Unit::mtp_layer:
      if (routed)
        add_moe_layer(lists, s);
      else
        add_dense_layer(lists, s, spec.dense_ffn);
      break;
    case Unit::head:
    case Unit::mtp_head:
      add_head(lists, s);
      break;
    case Unit::dense_window_layer:
    case Unit::moe_window_layer:
      check(false, "DeepSeek's kernels have no sliding window");
      break;
    default:
      check(false, "DeepSeek's kernels know no recompute of whole layers");
  }
  if (unit == Unit::mtp_layer) {
    add_mtp_projection_backward(lists.attention_i, s);
    add_mtp_projection_weights(lists.attention_w, s);
  }
  auto ops = lists.take(unit);
  ops.has_exchange = routed;
  return ops;
}

}  // namespace

UnitOps list_ops(const TransformerSpec& spec, Unit unit, const Work& work) {
  const bool routed = has_experts(spec, unit);
  check((plain(unit) != Unit::moe_layer && plain(unit) != Unit::moe_window_layer) || routed,
        "a model without experts has no mixture-of-experts layer");
  if (unit != plain(unit)) {
    Work whole = work;
    whole.recompute = {.layers = true};
    auto ops = list_ops(spec, plain(unit), whole);
    ops.unit = unit;
    return ops;
  }
  return work.kernels.stack == Kernels::Stack::standard ? standard::list_ops(spec, unit, work)
                                                        : list_deepseek_ops(spec, unit, work);
}

Bytes kept_per_micro_batch(const UnitOps& ops) {
  Bytes kept;
  for (const auto* list :
       {&ops.attention_f, &ops.mlp_f, &ops.mlp_i, &ops.attention_i, &ops.mlp_w, &ops.attention_w})
    for (const auto& op : *list) kept += op.kept;
  return kept;
}

std::vector<Family> families_of(const TransformerSpec& spec, const Work& work) {
  std::array<bool, family_count> used{};
  std::array<bool, unit_count> seen{};
  auto units = list_units(spec);
  if (work.recompute.full_layers > 0)
    for (std::size_t i = 0, n = units.size(); i < n; ++i) units.push_back(again(units[i]));
  for (const Unit unit : units) {
    if (std::exchange(seen[static_cast<std::size_t>(unit)], true)) continue;
    const auto ops = list_ops(spec, unit, work);
    for (const auto* list :
         {&ops.attention_f, &ops.mlp_f, &ops.mlp_i, &ops.attention_i, &ops.mlp_w, &ops.attention_w})
      for (const auto& op : *list)
        if (!op.communication) used[static_cast<std::size_t>(op.kernel.family)] = true;
  }
  std::vector<Family> families;
  for (std::size_t i = 0; i < family_count; ++i)
    if (used[i]) families.push_back(static_cast<Family>(i));
  return families;
}

}  // namespace foretrain::model
