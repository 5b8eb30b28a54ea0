#pragma once
// Loads of BF16 tiles into shared memory and fragments out of it, for mma.sync m16n8k16. What lies where is
// in fragments.hpp. For kernels alone.

#include <cuda_bf16.h>

#include <cstdint>

#include "fragments.hpp"
#include "kernels/ptx.cuh"

namespace foretrain::bench {

// `rows` rows of `width` elements, `pitch` elements apart, by all threads of the block; rows from `inside` on
// are filled with zeros.
template <int width, int threads>
__device__ inline void load_rows(Bf16* to, const Bf16* from, std::int64_t pitch, int rows, int inside) {
  constexpr int units = width / unit;
  const std::uint32_t base = shared_at(to);
  for (int i = static_cast<int>(threadIdx.x); i < rows * units; i += threads) {
    const int row = i / units, of_row = i % units;
    const std::uint32_t at = base + 16 * static_cast<std::uint32_t>(unit_at(row, of_row, width));
    if (row < inside)
      copy_unit(at, from + row * pitch + of_row * unit);
    else
      zero_unit(at);
  }
}

// 16 x 16 elements at (row, column) of a tile in shared memory.
template <int width>
__device__ inline Fragment load_fragment(const Bf16* tile, int row, int column, Named named) {
  return load_matrices(
      shared_at(tile + unit_at(row + named.row, column / unit + named.of_row, width) * unit));
}
template <int width>
__device__ inline Fragment load_turned(const Bf16* tile, int row, int column, Named named) {
  return load_matrices_turned(
      shared_at(tile + unit_at(row + named.row, column / unit + named.of_row, width) * unit));
}

__device__ inline std::uint32_t packed(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return static_cast<std::uint32_t>(__bfloat16_as_ushort(pair.x)) |
         (static_cast<std::uint32_t>(__bfloat16_as_ushort(pair.y)) << 16);
}

// Over the four lanes that hold one row of sums.
__device__ inline float largest_of_row(float mine) {
  mine = fmaxf(mine, __shfl_xor_sync(0xffffffffU, mine, 1));
  return fmaxf(mine, __shfl_xor_sync(0xffffffffU, mine, 2));
}
__device__ inline float sum_of_row(float mine) {
  mine += __shfl_xor_sync(0xffffffffU, mine, 1);
  return mine + __shfl_xor_sync(0xffffffffU, mine, 2);
}

// Two neighbouring sums as BF16 into a tile in shared memory.
template <int width>
__device__ inline void store_pair(Bf16* tile, int row, int column, float low, float high) {
  const int at = unit_at(row, column / unit, width) * unit + column % unit;
  *reinterpret_cast<std::uint32_t*>(tile + at) = packed(low, high);
}

}  // namespace foretrain::bench
