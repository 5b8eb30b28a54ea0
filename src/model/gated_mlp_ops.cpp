// The gated MLP (SwiGLU, arXiv:2002.05202) that every token passes: shared experts, or a dense layer's.

#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

void add_gate_up(OpList& list, const Sizes& s, const GatedMlp& mlp) {
  const auto t = s.tokens, h = s.hidden, ffn = mlp.ffn;
  list.add_if(s.fp8(), mlp.prefix + "_scale_T", scale_transpose(t, {h, ffn}));
  list.add(mlp.prefix + "_gateup", gemm(s.precision, t, 2 * ffn, h),
           s.fp8() ? 0 : bf16_size(area(t, 2 * ffn)));  // in FP8 the cache below is kept instead
}

void add_down(OpList& list, const Sizes& s, const GatedMlp& mlp) {
  const auto t = s.tokens, ffn = mlp.ffn;
  const double active = s.fp8() ? fp8_size(area(t, ffn)) : bf16_size(area(t, ffn));
  list.add(mlp.prefix + (s.fp8() ? "_swiglu+cast" : "_swiglu"),
           stream(Family::swiglu, t, 2 * ffn, bf16_size(area(t, 2 * ffn)), active),
           s.recompute.swiglu ? 0 : active);
  list.add(mlp.prefix + "_down", gemm(s.precision, t, s.hidden, ffn));
}

// SwiGLU inputs wait for the backward in FP8 (arXiv:2412.19437, section 3.3.3).
void add_activation_cache(OpList& list, const Sizes& s, const GatedMlp& mlp) {
  const auto width = 2 * mlp.ffn;
  list.add_if(s.fp8(), "cache_" + mlp.prefix + "_act_fp8", fp8_cast(s.tokens, width),
              fp8_size(area(s.tokens, width)));
}

void add_down_backward(OpList& list, const Sizes& s, const GatedMlp& mlp) {
  const auto t = s.tokens, h = s.hidden, ffn = mlp.ffn;
  const bool fp8 = s.fp8(), again = s.recompute.swiglu;
  const double inputs = bf16_size(area(t, 2 * ffn)), active = bf16_size(area(t, ffn));
  list.add_if(fp8, mlp.prefix + "_act_dequant", fp8_back_cast(t, 2 * ffn));
  list.add_if(fp8, mlp.prefix + "_w2_T", weight_transpose(h, ffn));
  list.add_if(fp8, "scale_T", scale_transpose(t, {h, 2 * ffn}));
  list.add(mlp.prefix + "_down_dgrad", gemm(s.precision, t, ffn, h));
  list.add_if(fp8, mlp.prefix + "_dy_colcast", column_cast(t, h, true));
  list.add_if(again && fp8, mlp.prefix + "_swiglu_recompute+colcast",
              stream(Family::swiglu, t, 2 * ffn, inputs, fp8_size(area(t, ffn))));
  list.add_if(again && !fp8, mlp.prefix + "_swiglu_recompute",
              stream(Family::swiglu, t, 2 * ffn, inputs, active));
  list.add_if(!again && fp8, mlp.prefix + "_act_colcast", column_cast(t, ffn, true));
  list.add(mlp.prefix + "_swiglu_bwd", stream(Family::swiglu, t, 2 * ffn, inputs + active, inputs));
}

void add_gate_up_backward(OpList& list, const Sizes& s, const GatedMlp& mlp) {
  const auto t = s.tokens, h = s.hidden, width = 2 * mlp.ffn;
  const bool fp8 = s.fp8();
  list.add_if(fp8, mlp.prefix + "_w13_T", weight_transpose(width, h));
  list.add_if(fp8, mlp.prefix + "_dact_cast", fp8_cast(t, width));
  list.add(mlp.prefix + "_gateup_dgrad", gemm(s.precision, t, h, width));
  list.add_if(fp8, mlp.prefix + "_dact_colcast", column_cast(t, width, false));
  list.add_if(fp8, mlp.prefix + "_x_colcast", column_cast(t, h, true));
}

void add_mlp_input_again(OpList& list, const Sizes& s) {
  list.add_if(s.recompute.norms, "mlp_rmsnorm_recompute", norm(s.tokens, s.hidden));
  list.add_if(s.recompute.norms && s.fp8(), "mlp_in_cast", fp8_cast(s.tokens, s.hidden));
}

}  // namespace foretrain::model
