#include "model/inference_ops.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

namespace {

// A GEMM of few rows. Libraries let more SMs share it than it has 128 x 128 tiles, by narrower tiles
// (DeepGEMM chooses block_n from 16 up) or by cutting k (cuBLAS split-k); either way the longest main loop
// shortens. Written as slices of k while they keep 1024 elements and about one GPU of tiles is not reached;
// FLOPs and bytes are those of the whole GEMM. Against DeepGEMM's tables at 64 and 128 rows this is 0 to
// 32 % too fast (tests/published/decode_kernels_test.cpp); unsliced it would be up to twice too slow.
Kernel few_rows_gemm(Precision precision, std::int64_t m, std::int64_t n, std::int64_t k) {
  constexpr std::int64_t tile = 128, shortest = 1024, enough_tiles = 128;
  auto kernel = gemm(precision, m, n, k);
  const auto tiles = ((m + tile - 1) / tile) * ((n + tile - 1) / tile);
  while (kernel.k % 2 == 0 && kernel.k / 2 >= shortest && tiles * kernel.groups * 2 <= enough_tiles) {
    kernel.k /= 2;
    kernel.m *= 2;
    kernel.groups *= 2;
  }
  return kernel;
}

// Per head [m x k] * [k x n]: the absorbed up-projections, in BF16.
Kernel per_head_gemm(const Sizes& s, std::int64_t n, std::int64_t k) {
  return grouped_gemm(Precision::bf16, s.tokens * s.heads, n, k, s.heads);
}

// FLOPs: every query meets `context` latents, for scores over latent + rope and for values over the latent.
// Bytes: each request's latents once, whatever the number of its queries and heads.
Kernel decode_attention(const Sizes& s, const DecodeWork& work) {
  Kernel kernel;
  kernel.family = Family::attention_decode;
  kernel.m = s.tokens;
  kernel.n = s.heads;
  kernel.k = work.context;
  kernel.d_qk = static_cast<int>(s.kv_down);
  kernel.d_v = static_cast<int>(s.kv_latent);
  kernel.work =
      flops(2.0 * area(s.tokens * s.heads, work.context) * static_cast<double>(s.kv_down + s.kv_latent));
  kernel.read =
      bytes(bf16_size(area(work.requests * work.context, s.kv_down) + area(s.tokens * s.heads, s.kv_down)));
  kernel.written = bytes(bf16_size(area(s.tokens * s.heads, s.kv_latent)));
  kernel.launches = 2;  // FlashMLA: splits over the keys, and their combination
  return kernel;
}

void add_decode_attention(OpList& list, const Sizes& s, const DecodeWork& work) {
  const auto t = s.tokens, h = s.hidden;
  const bool fp8 = s.fp8(), latent = s.q_latent > 0;
  const double rotary = bf16_size(area(t, (s.heads + 1) * s.d_rope)),
               cached = bf16_size(area(t, s.kv_latent));
  const auto q_first = latent ? s.q_latent : s.q_width;
  list.add("attn_rmsnorm", norm(t, h));
  list.add_if(fp8, "qkv_a_in_cast", fp8_cast(t, h));
  list.add("qkv_a_proj", few_rows_gemm(s.precision, t, q_first + s.kv_down, h));
  list.add_if(latent, "q_a_norm", norm(t, s.q_latent));
  list.add("kv_a_norm", norm(t, s.kv_latent));
  list.add_if(fp8 && latent, "q_b_in_cast", fp8_cast(t, s.q_latent));
  list.add_if(latent, "q_b_proj", few_rows_gemm(s.precision, t, s.q_width, s.q_latent));
  list.add("rope+cache_write",
           stream(Family::rope, t, (s.heads + 1) * s.d_rope, rotary + cached, rotary + cached));
  list.add("q_absorb", per_head_gemm(s, s.kv_latent, s.d_nope));
  list.add("mla_decode", decode_attention(s, work));
  list.add("o_absorb", per_head_gemm(s, s.d_v, s.kv_latent));
  list.add_if(fp8, "o_in_cast", fp8_cast(t, s.o_width));
  list.add("o_proj", few_rows_gemm(s.precision, t, h, s.o_width));
  list.add("mlp_rmsnorm", norm(t, h));
}

// The MLP that every token passes: casts its input, or shares a mixture's cast.
void add_decode_mlp(OpList& list, const Sizes& s, const GatedMlp& mlp) {
  const auto t = s.tokens;
  list.add_if(s.fp8(), mlp.prefix + "_in_cast", fp8_cast(t, s.hidden));
  list.add(mlp.prefix + "_gateup", few_rows_gemm(s.precision, t, 2 * mlp.ffn, s.hidden));
  const double active = s.fp8() ? fp8_size(area(t, mlp.ffn)) : bf16_size(area(t, mlp.ffn));
  list.add(mlp.prefix + (s.fp8() ? "_swiglu+cast" : "_swiglu"),
           stream(Family::swiglu, t, 2 * mlp.ffn, bf16_size(area(t, 2 * mlp.ffn)), active));
  list.add(mlp.prefix + "_down", few_rows_gemm(s.precision, t, s.hidden, mlp.ffn));
}

void add_decode_gate(OpList& list, const Sizes& s) {
  const double scores = fp32_size(area(s.tokens, s.experts)), chosen = area(s.tokens, s.top_k) * (8 + 4);
  list.add("gate_gemm_bf16", few_rows_gemm(Precision::bf16, s.tokens, s.experts, s.hidden));
  list.add("gate_topk", stream(Family::gating, s.tokens, s.experts, 2 * scores, scores + chosen, 2));
}

void add_decode_experts(OpList& list, const Sizes& s) {
  const auto rows = s.rows, ffn = s.expert_ffn, groups = s.local_experts;
  const double active = s.fp8() ? fp8_size(area(rows, ffn)) : bf16_size(area(rows, ffn));
  const double hidden = bf16_size(area(s.tokens, s.hidden));
  if (s.shared_ffn > 0) add_decode_mlp(list, s, {"shared", s.shared_ffn});
  list.add("routed_gateup", grouped_gemm(s.precision, rows, 2 * ffn, s.hidden, groups));
  list.add(s.fp8() ? "routed_swiglu+cast" : "routed_swiglu",
           stream(Family::swiglu, rows, 2 * ffn, bf16_size(area(rows, 2 * ffn)), active));
  list.add("routed_down", grouped_gemm(s.precision, rows, s.hidden, ffn, groups));
  list.add_if(s.shared_ffn > 0, "add_shared",
              stream(Family::elementwise, s.tokens, s.hidden, 2 * hidden, hidden));
}

void add_decode_head(OpList& list, const Sizes& s, std::int64_t positions) {
  const double logits = bf16_size(area(positions, s.vocabulary));
  list.add("final_rmsnorm", norm(positions, s.hidden));
  list.add("head_gemm", few_rows_gemm(Precision::bf16, positions, s.vocabulary, s.hidden));
  list.add("sample", stream(Family::cross_entropy, positions, s.vocabulary, logits,
                            8.0 * static_cast<double>(positions)));
}

Sizes decode_sizes(const TransformerSpec& spec, const DecodeWork& work) {
  Work forward;
  forward.tokens = work.requests * work.tokens_per_request;
  forward.local_experts = work.local_experts;
  forward.routed_rows = work.routed_rows;
  forward.precision = work.precision;
  return sizes_of(spec, forward);
}

bool only_for_backward(const Op& op) {
  return op.kernel.family == Family::weight_transpose || op.name.rfind("cache_", 0) == 0 ||
         op.name == "attn_out_pack_special_fmt";
}

std::vector<Op> without_backward(std::vector<Op> ops) {
  ops.erase(std::remove_if(ops.begin(), ops.end(), only_for_backward), ops.end());
  for (Op& op : ops) op.kept = {};
  return ops;
}

}  // namespace

DecodeOps list_decode_ops(const TransformerSpec& spec, Unit unit, const DecodeWork& work) {
  check(work.requests > 0 && work.tokens_per_request > 0 && work.context > 0, "a decoding step has requests");
  check(spec.attention.kind == AttentionSpec::Kind::mla, "decoding is known for latent attention alone");
  const auto s = decode_sizes(spec, work);
  OpList attention(Phase::forward, Block::attention), mlp(Phase::forward, Block::mlp);
  DecodeOps ops;
  ops.unit = unit;
  ops.has_exchange = spec.moe.experts > 0 && (unit == Unit::moe_layer || unit == Unit::mtp_layer);
  if (unit == Unit::mtp_layer) add_mtp_projection_forward(attention, s);
  if (unit == Unit::embedding) add_embedding_forward(mlp, s);
  if (unit == Unit::head) add_decode_head(mlp, s, s.tokens);
  if (unit == Unit::mtp_head) add_decode_head(mlp, s, work.requests);
  if (unit == Unit::dense_layer || unit == Unit::moe_layer || unit == Unit::mtp_layer) {
    add_decode_attention(attention, s, work);
    if (ops.has_exchange) {
      add_decode_gate(attention, s);
      add_decode_experts(mlp, s);
    } else {
      add_decode_mlp(mlp, s, {"dense", spec.dense_ffn});
    }
  }
  ops.attention = attention.take();
  ops.mlp = mlp.take();
  for (auto* list : {&ops.attention, &ops.mlp})
    for (Op& op : *list) op.kept = {};
  return ops;
}

ForwardOps list_forward_ops(const TransformerSpec& spec, Unit unit, const Work& work) {
  auto ops = list_ops(spec, unit, work);
  return {without_backward(std::move(ops.attention_f)), without_backward(std::move(ops.mlp_f)),
          ops.has_exchange};
}

Bytes cache_per_token(const TransformerSpec& spec, bool speculate) {
  const auto& a = spec.attention;
  const auto layers = spec.layers + (speculate ? spec.mtp_depth : 0);
  const bool latent = a.kind == AttentionSpec::Kind::mla;
  return bytes(bf16_size(
      area(layers, latent ? a.kv_lora_rank + a.qk_rope_dim : 2 * a.kv_heads * a.head_dim)));
}

std::int64_t local_experts(const TransformerSpec& spec, std::int64_t expert_parallel) {
  check(expert_parallel > 0, "at least one way of expert parallelism");
  return (spec.moe.experts + expert_parallel - 1) / expert_parallel;
}

InferenceWeights inference_weights(const TransformerSpec& spec, std::int64_t expert_parallel,
                                   Precision precision, bool speculate) {
  InferenceWeights weights;
  const double width = precision == Precision::fp8 ? 1.0 : 2.0;
  const double held = spec.moe.experts == 0 ? 0.0
                                            : static_cast<double>(local_experts(spec, expert_parallel)) /
                                                  static_cast<double>(spec.moe.experts);
  for (const Unit unit : list_units(spec)) {
    if (!speculate && (unit == Unit::mtp_layer || unit == Unit::mtp_head)) continue;
    const double all = count_parameters(spec, unit), experts = count_expert_parameters(spec, unit);
    const bool wide = unit == Unit::embedding || unit == Unit::head || unit == Unit::mtp_head;
    weights.replicated += bytes((all - experts) * (wide ? 2.0 : width));
    weights.experts += bytes(experts * held * width);
  }
  return weights;
}

}  // namespace foretrain::model
