#pragma once
// Published models by their reports, for tests.

#include "model/ops.hpp"
#include "model/transformer.hpp"

namespace foretrain::testing {

inline model::AttentionSpec grouped(std::int64_t heads, std::int64_t kv_heads, std::int64_t head_dim) {
  return {.kind = model::AttentionSpec::Kind::grouped,
          .heads = heads,
          .kv_heads = kv_heads,
          .head_dim = head_dim};
}

// arXiv:2005.14165, table 2.1; vocabulary as padded by Megatron-LM (arXiv:2104.04473, section 5.1).
inline model::TransformerSpec gpt3() {
  model::TransformerSpec m;
  m.name = "GPT-3 175B";
  m.vocabulary = 51200;
  m.hidden = 12288;
  m.layers = m.dense_layers = 96;
  m.dense_ffn = 4 * 12288;
  m.attention = grouped(96, 96, 128);
  m.activation = model::Activation::gelu;
  m.norm = model::Norm::layernorm;
  m.position = model::Position::learned;
  m.biases = true;
  m.tied_embedding = true;
  m.learned_positions = 2048;
  return m;
}

// arXiv:2407.21783, table 3.
inline model::TransformerSpec llama3(std::int64_t hidden, std::int64_t layers, std::int64_t ffn,
                                     std::int64_t heads) {
  model::TransformerSpec m;
  m.name = "Llama 3";
  m.vocabulary = 128256;
  m.hidden = hidden;
  m.layers = m.dense_layers = layers;
  m.dense_ffn = ffn;
  m.attention = grouped(heads, 8, 128);
  return m;
}
inline model::TransformerSpec llama3_8b() {
  return llama3(4096, 32, 14336, 32);
}
inline model::TransformerSpec llama3_70b() {
  return llama3(8192, 80, 28672, 64);
}
inline model::TransformerSpec llama3_405b() {
  return llama3(16384, 126, 53248, 128);
}

// arXiv:2401.04088, table 1.
inline model::TransformerSpec mixtral_8x7b() {
  auto m = llama3(4096, 32, 14336, 32);
  m.name = "Mixtral 8x7B";
  m.vocabulary = 32000;
  m.dense_layers = 0;
  m.moe = {.experts = 8, .top_k = 2, .expert_ffn = 14336};
  return m;
}

// Qwen/Qwen3-30B-A3B, config.json.
inline model::TransformerSpec qwen3_30b() {
  model::TransformerSpec m;
  m.name = "Qwen3-30B-A3B";
  m.vocabulary = 151936;
  m.hidden = 2048;
  m.layers = 48;
  m.attention = grouped(32, 4, 128);
  m.attention.qk_norm = true;
  m.moe = {.experts = 128, .top_k = 8, .expert_ffn = 768};
  return m;
}

// One micro-batch of `tokens` in one sequence, BF16, everything fused, no dropout.
inline model::Work standard_work(std::int64_t tokens = 4096) {
  model::Work work;
  work.tokens = work.sequence = tokens;
  work.precision = model::Precision::bf16;
  work.kernels.stack = model::Kernels::Stack::standard;
  return work;
}

// Megatron-LM before flash attention (arXiv:2205.05198): unfused attention core, dropout.
inline model::Work megatron_2022(std::int64_t tokens = 2048) {
  auto work = standard_work(tokens);
  work.kernels.flash_attention = false;
  work.kernels.dropout = true;
  work.kernels.fused_cross_entropy = false;
  return work;
}

}  // namespace foretrain::testing
