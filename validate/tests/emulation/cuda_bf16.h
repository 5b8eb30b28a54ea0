#pragma once

#include <cuda_runtime.h>

#include "floats.hpp"

struct __nv_bfloat16 {
  std::uint16_t bits;
};
struct __nv_bfloat162 {
  __nv_bfloat16 x, y;
};
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) {
  return {{foretrain::bench::to_bf16(x)}, {foretrain::bench::to_bf16(y)}};
}
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 value) {
  return value.bits;
}
inline float __bfloat162float(__nv_bfloat16 value) {
  return foretrain::bench::from_bf16(value.bits);
}
