// Multi-head latent attention, input gradients and what they recompute.

#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

namespace {

// The norm before the MLP, the residual's scale and the output projection.
void add_output_backward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const bool fp8 = s.fp8(), latent = s.q_latent > 0;
  const bool recast =
      s.recompute.mla_up && s.recompute.norms;  // latents are cast again for the recomputed GEMMs
  const double hidden = bf16_size(area(t, h)), down = bf16_size(area(t, s.kv_down));
  const auto norm_weights = area(1, 2 * h + s.q_latent + s.kv_latent);
  list.add("mlp_rmsnorm_bwd", norm_gradient(t, h));
  list.add("norm helper", norm_weight_gradient(2 * h + s.q_latent + s.kv_latent, latent ? 4 : 3));
  // Two fills and a sum over the latent's gradient, one addition for each norm's weights.
  list.add("elementwise small",
           stream(Family::elementwise, t, s.kv_down, 2 * down + 2 * fp32_size(norm_weights),
                  3 * down + fp32_size(norm_weights), latent ? 7 : 6));
  list.add("scale_mul", stream(Family::elementwise, t, h, hidden, hidden));
  const double out = area(t, s.o_width);
  list.add_if(fp8, "attn_out_unpack_special_fmt",
              stream(Family::e5m6_cast, t, s.o_width, packed_size(out), bf16_size(out)));
  list.add_if(fp8, "o_dy_cast", fp8_cast(t, h));
  list.add_if(fp8, "o_w_T", weight_transpose(h, s.o_width));
  std::vector<std::int64_t> scales{h};
  if (recast && latent) scales.push_back(s.q_latent);
  if (recast) scales.push_back(s.kv_latent);
  if (latent) scales.push_back(s.q_width);
  for (const auto n : {s.kv_width, s.kv_down, latent ? s.q_latent : s.q_width}) scales.push_back(n);
  list.add_if(fp8, "scale_T", scale_transpose(t, scales));
  list.add("o_dgrad", gemm(s.precision, t, s.o_width, h));
  list.add_if(fp8, "attn_out_colcast", column_cast(t, s.o_width, false));
  list.add_if(fp8, "o_dy_colcast", column_cast(t, h, false));
}

void add_recompute(OpList& list, const Sizes& s) {
  const auto t = s.tokens;
  const bool latent = s.q_latent > 0, norms = s.recompute.norms, up = s.recompute.mla_up;
  const bool recast = s.fp8() && up && norms;
  list.add_if(norms && latent, "q_a_norm_recompute", norm(t, s.q_latent));
  // The latent again for its norm, then its gradient and the rotary key's gradient put into one tensor.
  list.add("layout copy", layout_copy(t, s.kv_down + (norms ? s.kv_latent : 0), norms ? 3 : 2));
  list.add_if(norms, "kv_a_norm_recompute", norm(t, s.kv_latent));
  list.add_if(recast && latent, "q_b_in_cast", fp8_cast(t, s.q_latent));
  list.add_if(up && latent, "q_b_recompute", gemm(s.precision, t, s.q_width, s.q_latent));
  list.add_if(recast, "kv_b_in_cast", fp8_cast(s.kv_tokens, s.kv_latent));
  list.add_if(up, "kv_b_recompute", gemm(s.precision, s.kv_tokens, s.kv_width, s.kv_latent));
  if (up && latent)
    add_heads(list, s, false, false);
  else if (up)
    add_keys(list, s, false);
}

void add_flash_backward(OpList& list, const Sizes& s) {
  const auto t = s.tokens;
  const double out = bf16_size(area(t, s.o_width)), row_sums = fp32_size(area(t, s.heads));
  const double q32 = fp32_size(area(t, s.q_width)), q16 = bf16_size(area(t, s.q_width));
  // Before and after the main kernel (FlashAttention-3's backward): sums of dO * O with a cleared FP32 dQ,
  // and dQ turned to BF16. Bound by bytes, so they are of the elementwise family; the trace classes them with
  // attention.
  list.add("flash_bwd_pre",
           stream(Family::elementwise, t, s.o_width, 2 * out + row_sums, 2 * row_sums + q32));
  list.add("flash_attn_bwd", attention_backward(s));
  list.add("flash_bwd_post", stream(Family::elementwise, t, s.q_width, q32, q16));
}

// From the gradients of queries, keys and values to those of the latents.
void add_up_backward(OpList& list, const Sizes& s) {
  const auto t = s.tokens;
  const bool fp8 = s.fp8(), latent = s.q_latent > 0, kept_fp8 = !s.recompute.norms;
  const auto kv = s.kv_tokens;
  const double rotary = bf16_size(area(t, s.heads * s.d_rope)),
               rotary_kv = bf16_size(area(kv, s.heads * s.d_rope));
  const double shared = bf16_size(area(kv, s.d_rope));
  list.add("rope_q_bwd", stream(Family::rope, t, s.heads * s.d_rope, rotary, rotary));
  list.add_if(fp8 && latent, "q_b_w_T", weight_transpose(s.q_width, s.q_latent));
  list.add_if(fp8 && latent, "q_b_dy_cast", fp8_cast(t, s.q_width));
  list.add_if(latent, "q_b_dgrad", gemm(s.precision, t, s.q_latent, s.q_width));
  list.add("k_rope_grad_reduce", stream(Family::elementwise, kv, s.heads * s.d_rope, rotary_kv, shared));
  list.add("rope_k_bwd", stream(Family::rope, kv, s.d_rope, shared, shared));
  list.add("kv_grad_copy", layout_copy(kv, s.kv_width, 2));
  list.add_if(fp8, "kv_b_w_T", weight_transpose(s.kv_width, s.kv_latent));
  list.add_if(fp8, "kv_b_dy_cast", fp8_cast(kv, s.kv_width));
  list.add("kv_b_dgrad", gemm(s.precision, kv, s.kv_latent, s.kv_width));
  list.add_if(fp8, "kv_b_dy_colcast", column_cast(kv, s.kv_width, false));
  list.add_if(fp8, "kv_b_x_colcast", column_cast(kv, s.kv_latent, kept_fp8));
  list.add_if(fp8 && latent, "q_b_dy_colcast", column_cast(t, s.q_width, false));
  list.add_if(fp8 && latent, "q_b_x_colcast", column_cast(t, s.q_latent, kept_fp8));
  list.add("kv_a_norm_bwd", norm_gradient(t, s.kv_latent));
  list.add_if(latent, "q_a_norm_bwd", norm_gradient(t, s.q_latent));
}

void add_down_projections_backward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const bool fp8 = s.fp8(), latent = s.q_latent > 0, kept_fp8 = !s.recompute.norms;
  const std::string q = latent ? "q_a" : "q";
  const auto q_first = latent ? s.q_latent : s.q_width;
  list.add_if(s.recompute.norms, "attn_rmsnorm_recompute", norm(t, h));
  list.add_if(fp8, "kv_a_dy_cast", fp8_cast(t, s.kv_down));
  list.add_if(fp8, "weight_T", combined(weight_transpose(s.kv_down, h), weight_transpose(q_first, h)));
  list.add("kv_a_dgrad", gemm(s.precision, t, h, s.kv_down));
  const auto x = column_cast(t, h, kept_fp8);
  list.add_if(fp8, "x_colcast", combined(x, x));  // once for each of the two projections
  list.add_if(fp8, "kv_a_dy_colcast", column_cast(t, s.kv_down, false));
  list.add_if(fp8, q + "_dy_cast", fp8_cast(t, q_first));
  list.add(q + "_dgrad", gemm(s.precision, t, h, q_first));
  list.add_if(fp8, q + "_dy_colcast", column_cast(t, q_first, false));
  list.add("attn_rmsnorm_bwd", norm_gradient(t, h));
}

}  // namespace

void add_attention_backward(OpList& list, const Sizes& s) {
  add_output_backward(list, s);
  add_recompute(list, s);
  add_flash_backward(list, s);
  add_up_backward(list, s);
  add_down_projections_backward(list, s);
}

}  // namespace foretrain::model
