#pragma once
// What a family's points must say, and which shapes of curve they can be fitted with. Left out: how, which is
// calibrate/fit_family.hpp.

#include <cstdint>

#include "base/kernel.hpp"

namespace foretrain::calibrate {

enum class Work : std::uint8_t {
  gemm,       // m, n, k: a tile or a grid curve
  attention,  // FLOPs, keys and head dimension: a table
  memory,     // bytes: a bandwidth curve
};

constexpr Work work_of(Family family) {
  switch (family) {
    case Family::gemm_fp8:
    case Family::grouped_gemm_fp8:
    case Family::wgrad_fp8:
    case Family::grouped_wgrad_fp8:
    case Family::gemm_bf16:
    case Family::grouped_gemm_bf16:
    case Family::gemm_fp8_tensor:
    case Family::gemm_mxfp8:
    case Family::gemm_nvfp4:
    case Family::grouped_gemm_fp8_tensor:
    case Family::grouped_gemm_mxfp8:
    case Family::grouped_gemm_nvfp4:
    case Family::batched_gemm:
      return Work::gemm;
    case Family::attention_forward:
    case Family::attention_backward:
    case Family::attention_decode:
      return Work::attention;
    default:
      return Work::memory;
  }
}

}  // namespace foretrain::calibrate
