#pragma once
// Sixteen bytes at a time: eight BF16 values to floats and back, eight floats to E4M3. For kernels alone.

#include <cuda_bf16.h>
#include <cuda_fp8.h>

#include <cstdint>

namespace foretrain::bench {

struct Eight {
  float x[8];
};

__device__ inline Eight unpack(const uint4& bits) {
  const std::uint32_t words[4] = {bits.x, bits.y, bits.z, bits.w};
  Eight e;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    e.x[2 * i] = __uint_as_float(words[i] << 16);
    e.x[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000U);
  }
  return e;
}

__device__ inline uint4 pack(const Eight& e) {
  std::uint32_t words[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(e.x[2 * i], e.x[2 * i + 1]);
    words[i] = static_cast<std::uint32_t>(__bfloat16_as_ushort(pair.x)) |
               (static_cast<std::uint32_t>(__bfloat16_as_ushort(pair.y)) << 16);
  }
  return make_uint4(words[0], words[1], words[2], words[3]);
}

// Two to a conversion, as the hardware does them; the first of a pair lands in the low byte.
__device__ inline uint2 pack_e4m3(const Eight& e, float factor) {
  std::uint32_t pairs[4];
#pragma unroll
  for (int i = 0; i < 4; ++i)
    pairs[i] = __nv_cvt_float2_to_fp8x2(make_float2(e.x[2 * i] * factor, e.x[2 * i + 1] * factor),
                                        __NV_SATFINITE, __NV_E4M3);
  return make_uint2(pairs[0] | (pairs[1] << 16), pairs[2] | (pairs[3] << 16));
}

__device__ inline Eight unpack_e4m3(const uint2& bits) {
  const std::uint32_t words[2] = {bits.x, bits.y};
  Eight e;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const auto pair = static_cast<__nv_fp8x2_storage_t>(words[i / 2] >> (16 * (i % 2)));
    const __half2 halves = __nv_cvt_fp8x2_to_halfraw2(pair, __NV_E4M3);
    const float2 numbers = __half22float2(halves);
    e.x[2 * i] = numbers.x;
    e.x[2 * i + 1] = numbers.y;
  }
  return e;
}

__device__ inline float largest(const Eight& e) {
  float most = 0;
#pragma unroll
  for (float value : e.x) most = fmaxf(most, fabsf(value));
  return most;
}

// Over the sixteen lanes that hold one tile of 128 values.
__device__ inline float largest_of_tile(float mine) {
#pragma unroll
  for (int distance = 8; distance > 0; distance /= 2)
    mine = fmaxf(mine, __shfl_xor_sync(0xffffffffU, mine, distance));
  return mine;
}

__device__ inline float sum_of_warp(float mine) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) mine += __shfl_xor_sync(0xffffffffU, mine, distance);
  return mine;
}

}  // namespace foretrain::bench
