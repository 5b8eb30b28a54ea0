#pragma once
// Context parallelism: cp ranks hold T tokens each of one sequence and need one another's keys and values in
// BF16 (what of them: model::context_row). One block is those of one rank's tokens. Per attention layer:
//
//   ring        exposed = (cp - 1) * max(0, round - attention / cp),  round = latency + block / rate
//   all-gather  forward = G, backward = G + S: all-gathers of cp blocks before attention, and before its
//               backward again, since only the own block is kept; then their gradients reduce-scattered
//
// Ring: blocks go around while attention runs on the last one (Liu et al., "Ring attention with blockwise
// transformers", arXiv:2310.01889); the backward carries keys, values and their gradients, twice the bytes.
// All-gather: exposed whole, keys and values one after the other, in the backward again, gradients in BF16
// (AttnFuncWithCPAndKVAllGather of NVIDIA/TransformerEngine, pytorch/attention, context_parallel.py; Llama 3
// too has its gather in the open, arXiv:2407.21783, section 3.3.2). `beside`, as PyTorch: G runs while
// attention works on the own block, max(0, G - attention / cp), and gradients go around a ring in FP32, cp
// hops of which the last is exposed (_templated_ring_attention_backward of pytorch/pytorch@f2127db,
// torch/distributed/tensor/experimental/_attention.py). Both ways every rank receives cp - 1 blocks. Where
// the attention is recomputed, the backward begins with the forward's exchange.
//
// Layers with a sliding window exchange whole blocks as well, since software gathers the sequence and then
// takes what the window needs (Transformer Engine, get_kv_seq_info_after_all_gather; it refuses windows in a
// ring), but have less attention to hide them. So do layers whose attention stays inside documents. Attention
// work is balanced by zig-zag chunks, of each document where they are masked (common/fused_attn/
// context_parallel.cu of NVIDIA/TransformerEngine@a79955f). Left out: that shares of short documents are
// padded to 2 cp tokens.
//
// For MLA under DeepSeek's lists every rank projects keys and values of the whole sequence from the latents
// it receives, and their gradients back (model/attention_ops.cpp): compute for bandwidth, since a block of
// full keys and values is 71 times as large for DeepSeek-V3. Left out: all-to-all over heads (DeepSpeed
// Ulysses), smaller kernels of a ring's steps, putting zig-zag chunks back in order after a gather.

#include "base/communication.hpp"
#include "base/units.hpp"
#include "model/ops.hpp"
#include "network/transfer.hpp"

namespace foretrain::cluster {

struct ContextExposed {  // added to the attention blocks of one layer
  Seconds forward{}, backward{};
};

struct ContextTimes {
  Bytes block{};                // keys and values of one rank's tokens
  Seconds round{};              // ring: one block to the next rank
  Seconds gather{}, scatter{};  // all-gather: of the whole sequence
  ContextExposed exposed{};
};

struct ContextInputs {
  ContextExchange how = ContextExchange::ring;
  bool beside = false;                                // all-gather as PyTorch does it
  std::int64_t gpus_per_node = 8;                     // that NVLink joins
  Seconds attention_forward{}, attention_backward{};  // kernels of one layer, each pass once
};

// All zero when cp = 1.
ContextTimes context_times(const model::TransformerSpec& spec, const model::Work& work,
                           const ContextInputs& inputs, const network::LinkSpeeds& speeds);

}  // namespace foretrain::cluster
