#pragma once

#include <cuda_runtime.h>

#include "floats.hpp"

enum { __NV_SATFINITE, __NV_E4M3 };
using __nv_fp8x2_storage_t = std::uint16_t;
inline __nv_fp8x2_storage_t __nv_cvt_float2_to_fp8x2(float2 pair, int, int) {
  return static_cast<__nv_fp8x2_storage_t>(foretrain::bench::to_e4m3(pair.x) |
                                           foretrain::bench::to_e4m3(pair.y) << 8);
}

// Every E4M3 number is one of half precision, so the pair may be kept in floats.
struct __half2 {
  float2 numbers;
};
inline __half2 __nv_cvt_fp8x2_to_halfraw2(__nv_fp8x2_storage_t pair, int) {
  return {{foretrain::bench::from_e4m3(static_cast<std::uint8_t>(pair)),
           foretrain::bench::from_e4m3(static_cast<std::uint8_t>(pair >> 8))}};
}
inline float2 __half22float2(__half2 pair) {
  return pair.numbers;
}
