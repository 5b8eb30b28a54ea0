// Shared and routed experts, forward and weight gradients. Routed GEMMs run over the padded rows of this
// GPU's experts; tokens arrive once per GPU and are expanded to one row per expert.

#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

namespace {

double activation_size(const Sizes& s, double elements) {
  return s.fp8() ? fp8_size(elements) : bf16_size(elements);
}

// Which expert gets which row, and what the exchange needs to send results back: 4 B indices and weights.
void add_row_maps(OpList& list, const Sizes& s) {
  const double indices = 8 * area(s.received, s.top_k), rows = static_cast<double>(s.rows);
  const double maps = 4 * (2 * area(s.received, s.top_k) + rows);
  list.add("count_expert",
           stream(Family::permute, s.received, s.top_k, indices, 4.0 * static_cast<double>(s.experts)));
  list.add("fused_mapping", stream(Family::permute, s.received, s.top_k, indices, maps), maps);
}

}  // namespace

void add_experts_forward(OpList& list, const Sizes& s) {
  const auto h = s.hidden, ffn = s.expert_ffn, rows = s.rows, groups = s.local_experts;
  const bool fp8 = s.fp8(), shared = s.shared_ffn > 0;
  const GatedMlp mlp{"shared", s.shared_ffn};
  const double weights = fp32_size(area(s.received, s.top_k));
  if (shared) add_gate_up(list, s, mlp);
  add_row_maps(list, s);
  // FP8: the tokens as received are kept, expanded again by the cast for the weight gradient. BF16: the rows
  // are.
  list.add("expand_tokens",
           stream(Family::permute, rows, h, activation_size(s, area(s.received, h)),
                  activation_size(s, area(rows, h))),
           activation_size(s, area(fp8 ? s.received : rows, h)));
  list.add_if(fp8, "w13_batched_T", weight_transpose(groups * 2 * ffn, h));
  const double scales = fp32_size(area(rows, (h + ffn) / 128));
  list.add_if(fp8, "scale_copy", stream(Family::permute, rows, (h + ffn) / 128, scales, scales, 2));
  list.add("routed_gateup", grouped_gemm(s.precision, rows, 2 * ffn, h, groups),
           fp8 ? 0 : bf16_size(area(rows, 2 * ffn)));
  list.add("elementwise small", stream(Family::elementwise, s.received, s.top_k, weights, weights));
  const double active = activation_size(s, area(rows, ffn));
  list.add(fp8 ? "routed_swiglu+cast" : "routed_swiglu",
           stream(Family::swiglu, rows, 2 * ffn, bf16_size(area(rows, 2 * ffn)), active),
           s.recompute.swiglu ? 0 : active);
  list.add_if(fp8, "w2_batched_T", weight_transpose(groups * h, ffn));
  list.add_if(fp8, "fill_tensormaps", stream(Family::memset_copy, groups, 128, 0, area(groups, 128)));
  list.add("routed_down", grouped_gemm(s.precision, rows, h, ffn, groups));
  list.add("reduce_fused(unpermute)",
           stream(Family::permute, rows, h, bf16_size(area(rows, h)), bf16_size(area(s.received, h))));
  if (shared) add_down(list, s, mlp);
  list.add_if(fp8, "cache_routed_act_fp8", fp8_cast(rows, 2 * ffn), fp8_size(area(rows, 2 * ffn)));
  if (shared) add_activation_cache(list, s, mlp);
}

void add_experts_weights(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden, ffn = s.expert_ffn, rows = s.rows, groups = s.local_experts;
  const bool fp8 = s.fp8(), shared = s.shared_ffn > 0;
  auto down = grouped_weight_gradient(s.precision, h, ffn, rows, groups);
  auto gate_up = grouped_weight_gradient(s.precision, 2 * ffn, h, rows, groups);
  if (fp8) down.launches = gate_up.launches = static_cast<int>(groups);  // one kernel an expert
  list.add_if(shared, "shared_down_wgrad", weight_gradient(s.precision, h, s.shared_ffn, t));
  list.add_if(fp8, "routed_dy_colcast", column_cast(rows, h, true));
  list.add("expert_down_wgrad", down);
  list.add_if(fp8, "routed_x_colcast", column_cast(rows, h, true));
  list.add("expert_gateup_wgrad", gate_up);
  list.add_if(shared, "shared_gateup_wgrad", weight_gradient(s.precision, 2 * s.shared_ffn, h, t));
}

}  // namespace foretrain::model
