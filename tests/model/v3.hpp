#pragma once
// DeepSeek-V3 as its report states it (arXiv:2412.19437, section 4.2), for tests.

#include "model/ops.hpp"
#include "model/transformer.hpp"

namespace foretrain::testing {

inline model::TransformerSpec deepseek_v3() {
  model::TransformerSpec spec;
  spec.name = "DeepSeek-V3";
  spec.vocabulary = 129280;
  spec.hidden = 7168;
  spec.layers = 61;
  spec.dense_layers = 3;
  spec.dense_ffn = 18432;
  spec.attention = {.heads = 128,
                    .q_lora_rank = 1536,
                    .kv_lora_rank = 512,
                    .qk_nope_dim = 128,
                    .qk_rope_dim = 64,
                    .v_head_dim = 128};
  spec.moe = {256, 1, 8, 2048, 8, 4};
  spec.mtp_depth = 1;
  return spec;
}

// One GPU of the published run: 4096 tokens, 4 of 256 experts, balanced load.
inline model::Work v3_work() {
  model::Work work;
  work.recompute = {true, true, true};
  return work;
}

}  // namespace foretrain::testing
