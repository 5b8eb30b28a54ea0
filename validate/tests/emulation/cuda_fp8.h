#pragma once

#include <cuda_runtime.h>

#include "floats.hpp"

enum { __NV_SATFINITE, __NV_E4M3 };
inline unsigned short __nv_cvt_float2_to_fp8x2(float2 pair, int, int) {
  return static_cast<unsigned short>(foretrain::bench::to_e4m3(pair.x) | foretrain::bench::to_e4m3(pair.y)
                                                                             << 8);
}
