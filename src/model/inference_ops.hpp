#pragma once
// The op lists of inference: what one GPU runs for one decoding step of a layer (or embedding, head, MTP
// module), and the forward lists of prefill.
//
// Decoding reads the latent cache directly: the up-projections of keys and values are absorbed into queries
// and outputs (arXiv:2405.04434, section 2.1.2), so attention is one latent of kv_lora_rank + rope
// dimensions shared by all heads. Kernels are fused as in serving: one GEMM for both down-projections
// (DeepGEMM's tables have n = 2112 = 1536 + 576), a gate of two kernels, dispatch and combine that cast,
// permute and add by themselves (DeepEP's low-latency kernels). Attention is data parallel: no tensor
// parallelism. Left out: sampling beyond one pass over the logits, prefix sharing among the requests of a
// GPU, padding of masked expert rows.

#include "model/ops.hpp"

namespace foretrain::model {

struct DecodeWork {
  std::int64_t requests = 1;            // decoded together on this GPU
  std::int64_t tokens_per_request = 1;  // 2 when one speculated token is verified beside the next
  std::int64_t context = 4096;          // keys that a request attends to, on average
  std::int64_t local_experts = 1;       // routed experts whose weights are here
  std::int64_t routed_rows = 8;         // rows that they compute
  Precision precision = Precision::fp8;
};

struct DecodeOps {
  Unit unit{};
  std::vector<Op> attention, mlp;  // in execution order; `mlp` holds everything of embedding and head
  bool has_exchange = false;       // token dispatch before the routed experts, combine after
};
// An MTP head projects the last position of each request only, the main head every token.
DecodeOps list_decode_ops(const TransformerSpec& spec, Unit unit, const DecodeWork& work);

// The forward lists of training without what only a backward needs: caches of activations, packed copies and
// per-step transposes of weights (static in inference).
struct ForwardOps {
  std::vector<Op> attention, mlp;
  bool has_exchange = false;
};
ForwardOps list_forward_ops(const TransformerSpec& spec, Unit unit, const Work& work);

// Latent and rotary key of one token in all layers, in BF16: (kv_lora_rank + rope) * 2 B * layers, 70 272 B
// for DeepSeek-V3 (arXiv:2505.09343, table 1); keys and values of all heads that are kept with grouped
// attention. With `speculate` the MTP layers keep theirs too. Windows that shorten the cache are left out.
Bytes cache_per_token(const TransformerSpec& spec, bool speculate = false);

// Weights on one GPU: everything but the routed experts is replicated, of those 1 / expert_parallel (whole
// experts, rounded up). Layers at the precision's width, embedding and head in BF16 (arXiv:2412.19437,
// section 3.3.1); scales and the absorbed matrices' BF16 copies left out (1 %).
struct InferenceWeights {
  Bytes replicated{}, experts{};
  Bytes total() const { return replicated + experts; }
};
InferenceWeights inference_weights(const TransformerSpec& spec, std::int64_t expert_parallel,
                                   Precision precision, bool speculate = false);

// Routed experts on one GPU: experts / expert_parallel, rounded up: the slots left over hold copies.
std::int64_t local_experts(const TransformerSpec& spec, std::int64_t expert_parallel);

}  // namespace foretrain::model
