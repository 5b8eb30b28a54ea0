#pragma once
// The op lists: what one layer (or embedding, head, MTP module) does forward, for the input gradient and for
// the weight gradient, complete to the small ops. A list can be printed, counted and tested with no clock
// running.
//
// Lists are cut where communication begins or ends: attention | mlp, each in F, I and W. The routed part is
// parametric in the rows this GPU's experts receive, so imbalance is one more call with other rows.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/attention_kernel.hpp"
#include "base/communication.hpp"
#include "base/kernel.hpp"
#include "model/transformer.hpp"

namespace foretrain::model {

// Of the linear GEMMs: fp8 scales blocks (1x128 and 128x128), fp8_tensor whole tensors. fp16 is priced as
// bf16.
enum class Precision : std::uint8_t { fp8, bf16, fp8_tensor, mxfp8, nvfp4 };

// Matrix products of a layer that are repeated: none; every second one of queries, keys, values, output,
// gate, up and down, so keys, output and up (torchtitan's selective activation checkpointing by ops,
// pytorch/torchtitan@90567fc, parallelize_llama.py; the output only without tensor parallelism, where its sum
// is kept); or all but the attention itself (the same in FP8, whose products that list does not name).
enum class Products : std::uint8_t { kept, second, all };

struct Recompute {  // recomputed in the backward instead of kept
  bool norms = false, mla_up = false, swiglu = false;
  bool attention_core = false;         // scores, softmax and dropout of unfused attention ("selective")
  bool experts_act = false;            // the activation of routed experts alone; swiglu is that of all parts
  Products products = Products::kept;  // of grouped attention and dense feed-forward parts
  bool layers = false;                 // whole layers from their input ("full"); implies the others
  // Only so many layers of each pipeline stage whole, its first ones, and of the others what the rest says
  // (Megatron-LM's recompute_method block, NVIDIA/Megatron-LM, transformer/transformer_block.py: of each
  // virtual stage). Such layers are units of their own: model::again.
  std::int64_t full_layers = 0;
};

// Which ops one kernel does, and which list describes a layer: what a framework generation settles
// (models/software/*.yaml). The default is DeepSeek's stack of 2024.
struct Kernels {
  enum class Stack : std::uint8_t {
    deepseek,  // lists as in the published trace: 1x128 casts, scale transposes, packed caches
    standard,  // Megatron-LM, Megatron-Core with Transformer Engine, FSDP: see the flags below
  };
  Stack stack = Stack::deepseek;
  bool flash_attention = true;  // else scores, softmax, dropout and context are separate kernels
  AttentionKernel attention = AttentionKernel::fastest;  // which generation of flash attention
  bool fused_softmax = true;      // scale, mask and softmax in one pass (unfused attention)
  bool fused_activation = true;   // bias and activation in one pass; SwiGLU in one pass
  bool fused_bias = true;         // biases of queries, keys and values inside the GEMM
  bool fused_expert_bias = true;  // biases of the experts' results cost nothing; else passes of each expert
  bool fused_residual = true;     // bias, dropout and residual add in one pass
  bool fused_norm = true;         // one kernel a norm; else a chain of elementwise kernels
  bool fused_rotary = true;
  bool fused_cross_entropy = true;   // else several passes over FP32 logits
  bool fused_cast_transpose = true;  // FP8: both layouts of a tensor from one read
  bool current_scaling = false;      // fp8_tensor: a tensor's scale from itself (read twice), not from before
  bool dropout = false;              // trained with dropout
  bool promoted_backward = false;    // fp8_tensor: gradient GEMMs promote partial sums (no fast accumulation)
  bool accumulate_fp32 = true;       // gradients of micro-batches add up in FP32; else BF16
  // Weight-gradient GEMMs add up themselves (in BF16: write, since replicas reduce each micro-batch's); else
  // they write BF16, and a pass of its own adds that.
  bool fused_accumulation = true;
  // Each copy of a token is a row on the wire, made before the dispatch (all-to-all); else a token travels
  // once and is expanded where it arrives (DeepEP).
  bool expanded_dispatch = true;
};

// What one GPU is given: everything an op list depends on besides the model.
struct Work {
  std::int64_t tokens = 4096;    // T: tokens of one micro-batch on this GPU (after the context-parallel cut)
  std::int64_t sequence = 4096;  // s: full sequence length
  Pieces pieces;                 // documents that attention does not cross; empty: the sequence
  std::int64_t local_experts = 4;  // routed experts whose weights are here
  // Rows its experts compute, padded to 128 per expert; with expert tensor parallelism those of the group.
  std::int64_t routed_rows = 32768;
  std::int64_t received_tokens = 30680;  // distinct tokens received (a token goes once to a GPU)
  std::int64_t context_parallel = 1;
  Precision precision = Precision::fp8;
  Recompute recompute;
  Kernels kernels;
  std::int64_t tensor_parallel = 1;         // GPUs that share the matrices of a layer
  bool sequence_parallel = false;           // norms and residuals are cut along the sequence among them
  std::int64_t expert_tensor_parallel = 1;  // GPUs that share the matrices of one expert
};

enum class Phase : std::uint8_t { forward, input_gradient, weight_gradient };
enum class Block : std::uint8_t { attention, mlp };  // `mlp` holds everything of embedding and head too

struct Op {
  std::string name;  // as in the labelled trace: "q_b_proj"
  Phase phase{};
  Block block{};
  Kernel kernel;  // unless it is a communication
  std::optional<Communication> communication = std::nullopt;
  Bytes kept{};  // activation bytes this op leaves for the backward
};

struct UnitOps {
  Unit unit{};
  std::vector<Op> attention_f, mlp_f, mlp_i, attention_i, mlp_w, attention_w;  // in execution order
  bool has_exchange = false;    // token dispatch before mlp, combine after it (and their gradients)
  bool exchange_again = false;  // full recompute: the backward first dispatches and combines once more
};

// By work.kernels.stack: DeepSeek's lists (MLA, SwiGLU, no tensor parallelism, fp8 or bf16), or the standard
// ones (model/standard/layers.hpp) of any spec.
UnitOps list_ops(const TransformerSpec& spec, Unit unit, const Work& work);

// The families of all kernels that the model's units list under this work, in the order of base/kernel.hpp.
std::vector<Family> families_of(const TransformerSpec& spec, const Work& work);

// Bytes of one token on the wire, metadata included (DeepEP's layout; physics in docs/architecture.md).
struct ExchangeRow {
  Bytes dispatch, dispatch_gradient, combine, combine_gradient;
};
ExchangeRow exchange_row(const TransformerSpec& spec, Precision precision);
// By work.kernels.stack: as above, or hidden * 2 bytes each way and an FP32 routing weight with each copy
// (Megatron-Core's token dispatcher sends BF16 whatever the precision of the experts' GEMMs).
ExchangeRow exchange_row(const TransformerSpec& spec, const Work& work);

// Bytes of one token's keys and values that a GPU gives to the others of its context-parallel group, in BF16.
// DeepSeek's lists project keys and values of all tokens from the latents (attention_ops.cpp), so for them it
// is the latent and the rotary key, listed under keys; the standard ones project their own tokens before the
// core attention, as Megatron-Core does, so for MLA too it is all keys and values of the GPU's heads
// (NVIDIA/Megatron-LM, megatron/core/transformer/multi_latent_attention.py).
struct ContextRow {
  Bytes keys{}, values{};
};
ContextRow context_row(const TransformerSpec& spec, const Work& work);

Bytes kept_per_micro_batch(const UnitOps& ops);  // sum of `kept`

}  // namespace foretrain::model
