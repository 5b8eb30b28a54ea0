// Shared and routed experts, input gradients.

#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

namespace {

// From the gradient of the experts' outputs to that of their SwiGLU inputs.
void add_routed_down_backward(OpList& list, const Sizes& s) {
  const auto h = s.hidden, ffn = s.expert_ffn, rows = s.rows;
  const bool fp8 = s.fp8();
  const double in = fp8 ? fp8_size(area(s.received, h)) : bf16_size(area(s.received, h));
  const double out = fp8 ? fp8_size(area(rows, h)) : bf16_size(area(rows, h));
  list.add_if(fp8, "routed_act_dequant", fp8_back_cast(rows, 2 * ffn));
  list.add("expand_dy", stream(Family::permute, rows, h, in, out));
  const double scales = fp32_size(area(rows, (h + 2 * ffn) / 128));
  list.add_if(fp8, "scale_copy", stream(Family::permute, rows, (h + 2 * ffn) / 128, scales, scales, 2));
  list.add("routed_down_dgrad", grouped_gemm(s.precision, rows, ffn, h, s.local_experts));
  // Gate and up values with the gradient of their product; the product itself again when it was not kept.
  const double wide = bf16_size(area(rows, 2 * ffn)), narrow = bf16_size(area(rows, ffn));
  list.add(s.recompute.swiglu ? "routed_swiglu_fwd_bwd" : "routed_swiglu_bwd",
           stream(Family::swiglu, rows, 2 * ffn, wide + narrow, wide + (s.recompute.swiglu ? narrow : 0)));
  list.add("routing_weight_grad",
           stream(Family::swiglu, rows, ffn, 2 * narrow, fp32_size(area(s.received, s.top_k))));
  list.add_if(fp8, "routed_act_colcast", column_cast(rows, ffn, !s.recompute.swiglu));
}

void add_routed_gate_up_backward(OpList& list, const Sizes& s) {
  const auto h = s.hidden, ffn = s.expert_ffn, rows = s.rows;
  list.add_if(s.fp8(), "routed_dact_cast", fp8_cast(rows, 2 * ffn));
  list.add("routed_gateup_dgrad", grouped_gemm(s.precision, rows, h, 2 * ffn, s.local_experts));
  list.add("reduce_fused(unpermute dx)",
           stream(Family::permute, rows, h, bf16_size(area(rows, h)), bf16_size(area(s.received, h))));
  list.add_if(s.fp8(), "routed_dact_colcast", column_cast(rows, 2 * ffn, false));
}

}  // namespace

void add_experts_backward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const bool shared = s.shared_ffn > 0;
  const GatedMlp mlp{"shared", s.shared_ffn};
  const double weights = fp32_size(area(s.received, s.top_k));
  list.add_if(s.fp8(), "comb_bwd_dy_cast", fp8_cast(t, h));  // runs before the gradients are dispatched
  if (shared) add_down_backward(list, s, mlp);
  add_routed_down_backward(list, s);
  list.add("elementwise small", stream(Family::elementwise, s.received, s.top_k, weights, weights));
  add_mlp_input_again(list, s);
  add_routed_gate_up_backward(list, s);
  list.add_if(s.fp8(), "x_dequant", fp8_back_cast(t, h));  // for the gate's weight gradient in BF16
  if (shared) add_gate_up_backward(list, s, mlp);
}

}  // namespace foretrain::model
