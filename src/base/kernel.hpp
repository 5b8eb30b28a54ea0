#pragma once
// The vocabulary that `model` writes and `hardware` prices: one GPU kernel (or a run of tiny ones), described
// by what it does and never by how long it takes. The two floors do not know each other; both know this.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/units.hpp"

namespace foretrain {

// bf16 stands for fp16 too: tensor cores run both at one rate, and both take two bytes.
enum class DType : std::uint8_t { fp8, bf16, fp32, fp4 };
constexpr Bytes size_of(DType t) {
  return bytes(t == DType::fp4 ? 0.5 : t == DType::fp8 ? 1.0 : t == DType::bf16 ? 2.0 : 4.0);
}

// Families share one efficiency curve each. Names of the first are those of the labelled trace
// (tests/published): gemm_fp8 scales blocks of 1x128 and 128x128, gemm_fp8_tensor whole tensors, gemm_mxfp8
// and gemm_nvfp4 runs of 32 and 16. batched_gemm, softmax and dropout make up attention that is not fused.
enum class Family : std::uint8_t {
  gemm_fp8,
  grouped_gemm_fp8,
  wgrad_fp8,
  grouped_wgrad_fp8,
  gemm_bf16,
  grouped_gemm_bf16,
  attention_forward,
  attention_backward,
  attention_decode,
  fp8_cast,
  e5m6_cast,
  fp8_cast_transpose,
  permute,
  rmsnorm,
  rmsnorm_backward,
  swiglu,
  layout_copy,
  rope,
  gating,
  weight_transpose,
  elementwise,
  scale_transpose,
  memset_copy,
  embedding,
  cross_entropy,
  optimizer,
  gemm_fp8_tensor,
  gemm_mxfp8,
  gemm_nvfp4,
  grouped_gemm_fp8_tensor,
  grouped_gemm_mxfp8,
  grouped_gemm_nvfp4,
  batched_gemm,
  softmax,
  dropout,
  layernorm,
  gelu,
};
inline constexpr auto family_names = std::to_array<std::string_view>({"gemm_fp8",
                                                                      "grouped_gemm_fp8",
                                                                      "wgrad_fp8",
                                                                      "grouped_wgrad_fp8",
                                                                      "gemm_bf16",
                                                                      "grouped_gemm_bf16",
                                                                      "attention_forward",
                                                                      "attention_backward",
                                                                      "attention_decode",
                                                                      "fp8_cast",
                                                                      "e5m6_cast",
                                                                      "fp8_cast_transpose",
                                                                      "permute",
                                                                      "rmsnorm",
                                                                      "rmsnorm_backward",
                                                                      "swiglu",
                                                                      "layout_copy",
                                                                      "rope",
                                                                      "gating",
                                                                      "weight_transpose",
                                                                      "elementwise",
                                                                      "scale_transpose",
                                                                      "memset_copy",
                                                                      "embedding",
                                                                      "cross_entropy",
                                                                      "optimizer",
                                                                      "gemm_fp8_tensor",
                                                                      "gemm_mxfp8",
                                                                      "gemm_nvfp4",
                                                                      "grouped_gemm_fp8_tensor",
                                                                      "grouped_gemm_mxfp8",
                                                                      "grouped_gemm_nvfp4",
                                                                      "batched_gemm",
                                                                      "softmax",
                                                                      "dropout",
                                                                      "layernorm",
                                                                      "gelu"});
inline constexpr std::size_t family_count = family_names.size();
constexpr std::string_view name_of(Family f) {
  return family_names[static_cast<std::size_t>(f)];
}

// Attention over documents of several lengths: what share of the work is of tokens that see so many keys.
struct KeyShare {
  double keys = 0, share = 0;
};

struct Kernel {
  Family family{};
  DType dtype = DType::bf16;
  // GEMM: D[m x n] = A[m x k] B[k x n], `groups` such problems whose m (or, for wgrad, k) add up to the m (k)
  // stated. Attention: m = query tokens, n = heads, k = keys seen by a query on average (s/2 when causal).
  // Memory-bound kernels: m rows of n elements, k = 0.
  std::int64_t m = 0, n = 0, k = 0, groups = 1;
  int d_qk = 0, d_v = 0;               // attention head dimensions
  std::vector<KeyShare> key_shares{};  // attention; empty: all of it sees k keys
  Flops work{};                        // executed FLOPs, recompute and padding included
  Bytes read{}, written{};
  int launches = 1;  // kernels launched; tiny ones are priced together
  // `groups` cut k instead of m: weight gradients of experts (wgrad families always do).
  bool splits_k = false;
  bool accumulates = false;  // adds its product to the FP32 gradients that it reads
  bool promotes = false;     // FP8: partial sums leave the tensor cores at intervals, to be added in FP32
};

}  // namespace foretrain
