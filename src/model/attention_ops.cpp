// Multi-head latent attention, forward and weight gradients (arXiv:2405.04434, section 2.1).

#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

namespace {

// From the hidden state to the normalised latents. Without a query latent the queries come out directly.
void add_latents(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const bool fp8 = s.fp8(), latent = s.q_latent > 0, keep_norms = !s.recompute.norms;
  const std::string q = latent ? "q_a" : "q";
  const auto q_first = latent ? s.q_latent : s.q_width;
  list.add("attn_rmsnorm", norm(t, h), bf16_size(area(t, h)) * (keep_norms && !fp8 ? 2 : 1));
  list.add_if(fp8, q + "_in_cast", fp8_cast(t, h), keep_norms ? fp8_size(area(t, h)) : 0);
  list.add_if(fp8, q + "_scale_T", scale_transpose(t, {h}));
  list.add(q + "_proj", gemm(s.precision, t, q_first, h), latent ? bf16_size(area(t, s.q_latent)) : 0);
  list.add_if(fp8, "kv_a_in_cast", fp8_cast(t, h));
  list.add_if(fp8, "kv_a_scale_T", scale_transpose(t, {h}));
  list.add("kv_a_proj", gemm(s.precision, t, s.kv_down, h), bf16_size(area(t, s.kv_down)));
  list.add("elementwise small", stream(Family::elementwise, 1, 64, 512, 512, 2));
  list.add_if(latent, "q_a_norm", norm(t, s.q_latent),
              keep_norms && !fp8 ? bf16_size(area(t, s.q_latent)) : 0);
  list.add("layout copy",
           layout_copy(t, s.kv_down, 2));  // the latent and the rotary key, each made contiguous
  list.add("kv_a_norm", norm(t, s.kv_latent), keep_norms && !fp8 ? bf16_size(area(t, s.kv_latent)) : 0);
}

void add_up_projections(OpList& list, const Sizes& s) {
  const auto t = s.tokens;
  const bool fp8 = s.fp8(), latent = s.q_latent > 0;
  const bool keep_norms = !s.recompute.norms, keep_up = !s.recompute.mla_up;
  list.add_if(fp8 && latent, "q_b_in_cast", fp8_cast(t, s.q_latent),
              keep_norms ? fp8_size(area(t, s.q_latent)) : 0);
  if (latent)
    list.add_if(fp8, "scale_T", scale_transpose(t, {s.q_latent, s.kv_latent, s.o_width}));
  else
    list.add_if(fp8, "scale_T", scale_transpose(t, {s.kv_latent, s.o_width}));
  list.add_if(latent, "q_b_proj", gemm(s.precision, t, s.q_width, s.q_latent));
  list.add_if(fp8, "kv_b_in_cast", fp8_cast(s.kv_tokens, s.kv_latent),
              keep_norms ? fp8_size(area(t, s.kv_latent)) : 0);
  list.add("kv_b_proj", gemm(s.precision, s.kv_tokens, s.kv_width, s.kv_latent),
           keep_up ? bf16_size(area(t, s.heads * s.d_v)) : 0);  // values are read in place
  add_heads(list, s, keep_up, keep_up || !latent);
}

}  // namespace

// Under context parallelism the latent travels, and every rank projects keys and values of the whole sequence
// from it.
void add_keys(OpList& list, const Sizes& s, bool keep) {
  const auto t = s.kv_tokens;
  const double rotary = bf16_size(area(t, s.heads * s.d_rope)), shared = bf16_size(area(t, s.d_rope));
  list.add("rope_k", stream(Family::rope, t, s.d_rope, shared, shared));
  list.add("kv_assemble_copy", layout_copy(t, s.heads * s.d_nope),
           keep ? bf16_size(area(t, s.heads * s.d_qk)) : 0);
  // Labelled v_copy in the trace; its launch grid (65536 blocks of 512 elements) is tokens x heads x d_rope:
  // the rotary key spread over all heads.
  list.add("v_copy", stream(Family::layout_copy, t, s.heads * s.d_rope, shared, rotary));
}

void add_heads(OpList& list, const Sizes& s, bool keep_keys, bool keep_queries) {
  const double rotary = bf16_size(area(s.tokens, s.heads * s.d_rope));
  add_keys(list, s, keep_keys);
  list.add("rope_q", stream(Family::rope, s.tokens, s.heads * s.d_rope, rotary, rotary),
           keep_queries ? bf16_size(area(s.tokens, s.q_width)) : 0);
}

void add_attention_forward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const bool fp8 = s.fp8();
  const double hidden = bf16_size(area(t, h)), out = bf16_size(area(t, s.o_width));
  add_latents(list, s);
  add_up_projections(list, s);
  list.add("flash_attn_fwd", attention_forward(s), fp32_size(area(t, s.heads)) + (fp8 ? 0 : out));
  // E5M6: 12 bits an element and a scale per 128 (arXiv:2412.19437, section 3.3.3)
  const double packed = packed_size(area(t, s.o_width));
  list.add_if(fp8, "attn_out_pack_special_fmt", stream(Family::e5m6_cast, t, s.o_width, out, packed), packed);
  list.add_if(fp8, "o_in_cast", fp8_cast(t, s.o_width));
  list.add("o_proj", gemm(s.precision, t, h, s.o_width));
  list.add("scale_mul", stream(Family::elementwise, t, h, hidden, hidden));
  list.add("mlp_rmsnorm", norm(t, h), hidden * (s.recompute.norms || fp8 ? 1 : 2));
}

void add_attention_weights(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const bool latent = s.q_latent > 0;
  list.add("o_wgrad", weight_gradient(s.precision, h, s.o_width, t));
  list.add("kv_b_wgrad", weight_gradient(s.precision, s.kv_width, s.kv_latent, s.kv_tokens));
  list.add_if(latent, "q_b_wgrad", weight_gradient(s.precision, s.q_width, s.q_latent, t));
  list.add("kv_a_wgrad", weight_gradient(s.precision, s.kv_down, h, t));
  list.add(latent ? "q_a_wgrad" : "q_wgrad",
           weight_gradient(s.precision, latent ? s.q_latent : s.q_width, h, t));
}

}  // namespace foretrain::model
