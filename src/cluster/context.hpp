#pragma once
// Context parallelism: ranks hold T tokens each of one sequence and pass keys and values (for MLA the
// compressed latent) in BF16 around a ring, computing attention on one block while the next arrives.
//
//   exposed = (cp - 1) * max(0, round - attention / cp),  round = latency + block / rate
//   block = T * 2 B * (kv_lora_rank + rope dimensions), or T * 2 B * 2 kv_heads head_dim / tensor
//
// Source: ring attention (Liu et al., "Ring attention with blockwise transformers", arXiv:2310.01889); the
// backward carries keys, values and their gradients, twice the bytes. For MLA every rank projects keys and
// values of the whole sequence from the latents it receives, and their gradients back
// (model/attention_ops.cpp): compute for bandwidth, since a block of full keys and values is 71 times as
// large for DeepSeek-V3. Attention work is balanced by zig-zag chunks. Left out: all-gather variants, and
// grouping of small blocks.

#include "base/units.hpp"
#include "model/ops.hpp"
#include "network/transfer.hpp"

namespace foretrain::cluster {

struct ContextTimes {
  Bytes block;                                // keys and values of one rank's tokens
  Seconds round;                              // one block to the next rank
  Seconds exposed_forward, exposed_backward;  // added to the attention blocks of one layer
};

// `attention_forward`, `attention_backward`: time of the attention kernels of one layer. All zero when cp
// = 1.
ContextTimes context_times(const model::TransformerSpec& spec, const model::Work& work,
                           std::int64_t gpus_per_node, const network::LinkSpeeds& speeds,
                           Seconds attention_forward, Seconds attention_backward);

}  // namespace foretrain::cluster
