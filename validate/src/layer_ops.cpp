#include "layer_ops.hpp"

#include <algorithm>

#include "points.hpp"

namespace foretrain::bench {

namespace {

constexpr std::int64_t tokens = 4096, heads = 128, hidden = 7168, q_latent = 1536, kv_latent = 512,
                       rotary = 64;
constexpr std::int64_t q_width = heads * 192, kv_width = heads * 256, values = heads * 128;
constexpr std::int64_t kv_down = kv_latent + rotary;
constexpr std::int64_t padded_kv_down = 640;  // casts by rows take whole tiles of 128
constexpr std::int64_t ffn = 2048, experts = 4, routed = experts * 8192;
constexpr std::int64_t fp8_row = hidden / 2;  // as many bytes in BF16 elements

// Appends ops of one pass.
class Ops {
 public:
  Ops(std::vector<LayerOp>& ops, Pass pass) : ops_(ops), pass_(pass) {}

  void memory(const std::string& name, const std::string& kernel, std::int64_t m, std::int64_t n) {
    add(name, memory_row(kernel, m, n));
  }
  void cast(const std::string& name, std::int64_t m, std::int64_t n) { memory(name, "quantise_row", m, n); }
  void column_cast(const std::string& name, std::int64_t m, std::int64_t n) {
    memory(name, "quantise_column", m, n);
  }
  void gemm(const std::string& name, std::int64_t m, std::int64_t n, std::int64_t k,
            const std::string& kernel = "gemm_fp8") {
    add(name, gemm_row(kernel, m, n, k));
  }
  void grouped(const std::string& name, std::int64_t m, std::int64_t n, std::int64_t k,
               const std::string& kernel = "grouped_gemm_fp8") {
    add(name, grouped_row(kernel, m, n, k, experts));
  }
  void add(const std::string& name, const Row& kernel) { ops_.push_back({pass_, name, kernel}); }

 private:
  std::vector<LayerOp>& ops_;
  Pass pass_;
};

// Up-projections to heads, rotation and assembly: forward, and once more before the gradient.
void add_heads(Ops& ops, const std::string& tail) {
  ops.cast("q_b_in_cast" + tail, tokens, q_latent);
  ops.gemm(tail.empty() ? "q_b_proj" : "q_b_recompute", tokens, q_width, q_latent);
  ops.cast("kv_b_in_cast" + tail, tokens, kv_latent);
  ops.gemm(tail.empty() ? "kv_b_proj" : "kv_b_recompute", tokens, kv_width, kv_latent);
  ops.memory("rope_k" + tail, "rope", tokens, rotary);
  ops.memory("kv_assemble_copy" + tail, "copy", tokens, values);
  ops.memory("v_copy" + tail, "copy", tokens, values / 2);
  ops.memory("rope_q" + tail, "rope", tokens, heads * rotary);
}

void add_attention_forward(Ops ops) {
  ops.memory("attn_rmsnorm", "rmsnorm", tokens, hidden);
  ops.cast("q_a_in_cast", tokens, hidden);
  ops.gemm("q_a_proj", tokens, q_latent, hidden);
  ops.cast("kv_a_in_cast", tokens, hidden);
  ops.gemm("kv_a_proj", tokens, kv_down, hidden);
  ops.memory("q_a_norm", "rmsnorm", tokens, q_latent);
  ops.memory("kv_a_norm", "rmsnorm", tokens, kv_latent);
  add_heads(ops, "");
  ops.add("flash_attn_fwd", attention_forward_row(tokens, heads));
  ops.cast("o_in_cast", tokens, values);
  ops.gemm("o_proj", tokens, hidden, values);
  ops.memory("residual_add", "residual_add", tokens, hidden);
  ops.memory("mlp_rmsnorm", "rmsnorm", tokens, hidden);
  ops.gemm("gate_gemm_bf16", tokens, 256, hidden, "gemm_bf16");
  ops.memory("gating", "gate_topk", tokens, 256);
  ops.cast("dispatch_in_cast", tokens, hidden);
}

void add_mlp_forward(Ops ops) {
  ops.gemm("shared_gateup", tokens, 2 * ffn, hidden);
  ops.memory("expand_tokens", "permute", routed, fp8_row);
  ops.memory("w13_batched_T", "transpose_fp8", experts * 2 * ffn,
             hidden);  // as the input gradient reads them
  ops.grouped("routed_gateup", routed, 2 * ffn, hidden);
  ops.memory("routed_swiglu+cast", "swiglu_cast", routed, 2 * ffn);
  ops.memory("w2_batched_T", "transpose_fp8", experts * hidden, ffn);
  ops.grouped("routed_down", routed, hidden, ffn);
  ops.memory("reduce_fused(unpermute)", "unpermute", routed, hidden);
  ops.memory("shared_swiglu+cast", "swiglu_cast", tokens, 2 * ffn);
  ops.gemm("shared_down", tokens, hidden, ffn);
  ops.cast("cache_routed_act_fp8", routed, 2 * ffn);
  ops.cast("cache_shared_act_fp8", tokens, 2 * ffn);
}

void add_mlp_input_gradient(Ops ops) {
  ops.cast("comb_bwd_dy_cast", tokens, hidden);
  ops.memory("shared_act_dequant", "dequantise_row", tokens, 2 * ffn);
  ops.memory("shared_w2_T", "transpose_fp8", hidden, ffn);
  ops.gemm("shared_down_dgrad", tokens, ffn, hidden);
  ops.column_cast("shared_dy_colcast", tokens, hidden);
  ops.memory("shared_swiglu_recompute+cast", "swiglu_cast", tokens, 2 * ffn);
  ops.memory("shared_swiglu_bwd", "swiglu_backward", tokens, 2 * ffn);
  ops.memory("routed_act_dequant", "dequantise_row", routed, 2 * ffn);
  ops.memory("expand_dy", "permute", routed, fp8_row);
  ops.grouped("routed_down_dgrad", routed, ffn, hidden);
  ops.memory("routed_swiglu_bwd", "swiglu_backward", routed, 2 * ffn);
  ops.column_cast("routed_act_colcast", routed, ffn);
  ops.memory("mlp_rmsnorm_recompute", "rmsnorm", tokens, hidden);
  ops.cast("mlp_in_cast", tokens, hidden);
  ops.cast("routed_dact_cast", routed, 2 * ffn);
  ops.grouped("routed_gateup_dgrad", routed, hidden, 2 * ffn);
  ops.memory("reduce_fused(unpermute dx)", "unpermute", routed, hidden);
  ops.column_cast("routed_dact_colcast", routed, 2 * ffn);
  ops.memory("x_dequant", "dequantise_row", tokens, hidden);
  ops.memory("shared_w13_T", "transpose_fp8", 2 * ffn, hidden);
  ops.cast("shared_dact_cast", tokens, 2 * ffn);
  ops.gemm("shared_gateup_dgrad", tokens, hidden, 2 * ffn);
  ops.column_cast("shared_dact_colcast", tokens, 2 * ffn);
  ops.column_cast("shared_x_colcast", tokens, hidden);
}

// From the gate back to attention itself.
void add_attention_gradient(Ops ops) {
  ops.gemm("gate_dgrad_bf16", tokens, hidden, 256, "gemm_bf16_nn");
  ops.gemm("gate_wgrad_bf16", 256, hidden, tokens, "gemm_bf16_wgrad");
  ops.memory("grad_add", "residual_add", tokens, hidden);
  ops.memory("mlp_rmsnorm_bwd", "rmsnorm_backward", tokens, hidden);
  ops.cast("o_dy_cast", tokens, hidden);
  ops.memory("o_w_T", "transpose_fp8", hidden, values);
  ops.gemm("o_dgrad", tokens, values, hidden);
  ops.column_cast("attn_out_colcast", tokens, values);
  ops.column_cast("o_dy_colcast", tokens, hidden);
  ops.memory("q_a_norm_recompute", "rmsnorm", tokens, q_latent);
  ops.memory("kv_a_norm_recompute", "rmsnorm", tokens, kv_latent);
  add_heads(ops, "_recompute");
  ops.add("flash_bwd_pre", attention_products_row(tokens, heads));
  ops.add("flash_attn_bwd", attention_backward_row(tokens, heads));
  ops.add("flash_bwd_post", attention_round_row(tokens, heads));
}

// From attention back to the layer's input.
void add_projection_gradients(Ops ops) {
  ops.memory("rope_q_bwd", "rope", tokens, heads * rotary);
  ops.memory("q_b_w_T", "transpose_fp8", q_width, q_latent);
  ops.cast("q_b_dy_cast", tokens, q_width);
  ops.gemm("q_b_dgrad", tokens, q_latent, q_width);
  ops.memory("rope_k_bwd", "rope", tokens, rotary);
  ops.memory("kv_grad_copy", "copy", tokens, kv_width);
  ops.memory("kv_b_w_T", "transpose_fp8", kv_width, kv_latent);
  ops.cast("kv_b_dy_cast", tokens, kv_width);
  ops.gemm("kv_b_dgrad", tokens, kv_latent, kv_width);
  ops.column_cast("kv_b_dy_colcast", tokens, kv_width);
  ops.column_cast("kv_b_x_colcast", tokens, kv_latent);
  ops.column_cast("q_b_dy_colcast", tokens, q_width);
  ops.column_cast("q_b_x_colcast", tokens, q_latent);
  ops.memory("kv_a_norm_bwd", "rmsnorm_backward", tokens, kv_latent);
  ops.memory("q_a_norm_bwd", "rmsnorm_backward", tokens, q_latent);
  ops.memory("attn_rmsnorm_recompute", "rmsnorm", tokens, hidden);
  ops.cast("kv_a_dy_cast", tokens, padded_kv_down);
  ops.memory("kv_a_w_T", "transpose_fp8", kv_down, hidden);
  ops.gemm("kv_a_dgrad", tokens, hidden, kv_down);
  ops.column_cast("x_colcast", tokens, hidden);
  ops.column_cast("kv_a_dy_colcast", tokens, kv_down);
  ops.cast("q_a_dy_cast", tokens, q_latent);
  ops.memory("q_a_w_T", "transpose_fp8", q_latent, hidden);
  ops.gemm("q_a_dgrad", tokens, hidden, q_latent);
  ops.column_cast("q_a_dy_colcast", tokens, q_latent);
  ops.memory("attn_rmsnorm_bwd", "rmsnorm_backward", tokens, hidden);
}

void add_weight_gradients(Ops ops) {
  ops.gemm("shared_down_wgrad", hidden, ffn, tokens, "wgrad_fp8");
  ops.column_cast("routed_dy_colcast", routed, hidden);
  ops.grouped("expert_down_wgrad", hidden, ffn, routed, "grouped_wgrad_fp8");
  ops.column_cast("routed_x_colcast", routed, hidden);
  ops.grouped("expert_gateup_wgrad", 2 * ffn, hidden, routed, "grouped_wgrad_fp8");
  ops.gemm("shared_gateup_wgrad", 2 * ffn, hidden, tokens, "wgrad_fp8");
  ops.gemm("o_wgrad", hidden, values, tokens, "wgrad_fp8");
  ops.gemm("kv_b_wgrad", kv_width, kv_latent, tokens, "wgrad_fp8");
  ops.gemm("q_b_wgrad", q_width, q_latent, tokens, "wgrad_fp8");
  ops.gemm("kv_a_wgrad", kv_down, hidden, tokens, "wgrad_fp8");
  ops.gemm("q_a_wgrad", q_latent, hidden, tokens, "wgrad_fp8");
}

const std::string whole_name = "moe_layer";
const std::vector<std::pair<std::string, std::optional<Pass>>> wholes{
    {whole_name + "_forward", Pass::forward},
    {whole_name + "_input_gradient", Pass::input_gradient},
    {whole_name + "_weight_gradient", Pass::weight_gradient},
    {whole_name, std::nullopt},
};

}  // namespace

std::vector<LayerOp> moe_layer() {
  std::vector<LayerOp> ops;
  add_attention_forward({ops, Pass::forward});
  add_mlp_forward({ops, Pass::forward});
  add_mlp_input_gradient({ops, Pass::input_gradient});
  add_attention_gradient({ops, Pass::input_gradient});
  add_projection_gradients({ops, Pass::input_gradient});
  add_weight_gradients({ops, Pass::weight_gradient});
  return ops;
}

std::vector<Row> list_layer() {
  std::vector<Row> rows;
  const auto ops = moe_layer();
  for (const LayerOp& op : ops) {
    rows.push_back(op.kernel);
    rows.back().suite = "layer";
    rows.back().kernel = op.name;
    rows.back().family.clear();
  }
  for (const auto& [name, pass] : wholes) {
    Row r;
    r.suite = "layer", r.kernel = name, r.dtype = "fp8";
    r.m = tokens, r.n = hidden;
    r.launches = 0;
    r.cold = false;  // each op finds what the one before left in L2
    for (const LayerOp& op : ops) {
      if (pass && op.pass != *pass) continue;
      r.flops += op.kernel.flops;
      r.read_bytes += op.kernel.read_bytes;
      r.written_bytes += op.kernel.written_bytes;
      r.launches += op.kernel.launches;
    }
    rows.push_back(r);
  }
  return rows;
}

bool is_whole(const Row& row) {
  return std::any_of(wholes.begin(), wholes.end(),
                     [&](const auto& whole) { return whole.first == row.kernel; });
}

std::optional<Pass> pass_of(const Row& row) {
  for (const auto& [name, pass] : wholes) {
    if (name == row.kernel) return pass;
  }
  return std::nullopt;
}

std::optional<Row> kernel_of(const Row& row) {
  for (const LayerOp& op : moe_layer()) {
    if (op.name == row.kernel) return op.kernel;
  }
  return std::nullopt;
}

}  // namespace foretrain::bench
