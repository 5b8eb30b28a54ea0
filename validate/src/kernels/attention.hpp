#pragma once
// Causal attention of one sequence as training runs it, heads of 192 for scores and 128 for values, forward
// and backward, by mma.sync (sm_80 and newer). Plain kernels in the manner of FlashAttention-2
// (arXiv:2307.08691, algorithms 1 and 2), written to be right first: what they reach on a GPU says little of
// the kernels of a framework. Own work.
//
// Left out: batches, other masks, dropout, Hopper's own instructions.

#include <cuda_runtime.h>

#include <cstdint>

namespace foretrain::bench {

inline constexpr int score_width = 192, attention_value_width = 128;
inline constexpr int attention_rows = 128;  // the sequence is a multiple of it

// Tensors are [tokens][heads][width] in BF16, sums and products [heads][tokens] in FP32.
struct Attention {
  const void *q = nullptr, *k = nullptr, *v = nullptr;
  void* out = nullptr;
  float* sums = nullptr;  // logarithm to base 2 of each query's sum of 2 to the scaled scores times log2(e)
  const void* d_out = nullptr;
  float* products = nullptr;  // of an output with its gradient
  float* dq_sums = nullptr;   // [tokens][heads][192], added to; without the scores' scale
  void *dq = nullptr, *dk = nullptr, *dv = nullptr;
  int tokens = 0, heads = 0;
  float scale = 1;  // of the scores
};

void attention_forward(const Attention& work, cudaStream_t stream);  // out, sums

// The gradient takes three kernels, as frameworks do it: products first, the gradient itself, then dq from
// its FP32 sums, which must be zero before.
void attention_products(const Attention& work, cudaStream_t stream);
void attention_backward(const Attention& work, cudaStream_t stream);  // dk, dv, dq_sums
void attention_round(const Attention& work, cudaStream_t stream);     // dq

}  // namespace foretrain::bench
