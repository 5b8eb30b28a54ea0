#pragma once
// What generating and scoring text costs on a cluster: one decoding step, one forward pass, and placing the
// weights. Readers of model/inference_ops.hpp, in the same prices as training steps. The published serving
// figures (tests/study/rollout_test.cpp) are shown beside the prediction; nothing is fitted to them.
//
// Left out: requests that come and go, scheduling, routing skew (the serving stack places copies of the
// fullest experts), tensor parallelism, CPU work between steps.

#include <cstdint>

#include "hardware/gpu.hpp"
#include "model/inference_ops.hpp"
#include "model/transformer.hpp"
#include "plan/plan.hpp"

namespace foretrain::study {

struct Machine {  // where inference runs
  const model::TransformerSpec* model = nullptr;
  const hardware::GpuSpec* gpu = nullptr;
  const hardware::NicSpec* nic = nullptr;
  const plan::SoftwareSpec* software = nullptr;
  std::int64_t gpus_per_node = 8;
  model::Precision precision = model::Precision::fp8;
  std::uint64_t seed = 1;
};

// One low-latency dispatch or combine of `tokens` tokens a GPU among `ranks` GPUs: every copy crosses the
// network alone (DeepEP's low-latency kernels without NVLink), so
//   time = latency + tokens * top_k * row / (nic.achieved * rate(ranks))
// rate: DeepEP's table of 128 tokens a GPU on H800 (README @ebfe47e), relative to the NIC's achieved rate.
// Below some tens of tokens real kernels have a floor of their own, which no published table states.
Seconds low_latency_exchange(const Machine& machine, bool combine, double tokens, std::int64_t ranks);

struct DecodeSetting {
  std::int64_t batch = 1;       // requests on each GPU
  std::int64_t expert = 1;      // expert parallelism
  std::int64_t context = 4096;  // mean keys of a request
  bool speculate = false;       // one token of the MTP module is verified in each step (depth 1 is used)
};

struct DecodeStep {
  Seconds time, compute, communication;  // of a whole step; compute and communication before overlap
  bool overlapped = false;  // two half batches take turns: one computes while the other exchanges
};
// time = min(compute + communication, max(compute, communication) of two half batches): halves pay weights
// and launches twice, so small batches do not split. Low-latency exchanges hold no SMs (DeepEP README:
// hook-based overlap); what they draw of HBM is left out.
DecodeStep decode_step(const Machine& machine, const DecodeSetting& setting);

struct ForwardSetting {
  double tokens = 0;          // on the fullest GPU
  double mean_tokens = 0;     // on a GPU of the expert-parallel group, on average: what the experts share out
  std::int64_t sequence = 0;  // attention spans this many tokens; causal
  std::int64_t expert = 1;
  double head_positions = 0;  // positions whose logits are computed, on the fullest GPU
  double limit = 16384;       // tokens a GPU takes in one pass (deepseek-ai/profile-data README, prefill)
};
// One forward pass of all main-model layers over the tokens, in as many passes as the limit asks for.
// time = min(compute + exchanges, two halves overlapped as in training: communication's SMs reserved and the
// exchanges at their rate beside compute).
Seconds forward_time(const Machine& machine, const ForwardSetting& setting);

// Weights into a layout: every GPU gets its experts over its own NIC, and a 1/gpus_per_node share of the
// replicated weights, which NVLink then spreads in the node:
//   time = latency + max((experts + replicated / g) / nic, replicated * (g - 1) / g / nvlink)
// Holders forward as in a pipelined broadcast, so the number of receivers does not matter. Left out: where
// weights already are in place, conversion to FP8, and rebuilding of graphs and caches.
Seconds placement_time(const Machine& machine, const model::InferenceWeights& weights);

}  // namespace foretrain::study
