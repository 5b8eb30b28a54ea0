#pragma once
// Loads of BF16 tiles into shared memory, fragments out of it, and mma.sync m16n8k16 (sm_80 and newer). What
// lies where is in fragments.hpp. For kernels alone.

#include <cuda_bf16.h>

#include <cstdint>

#include "fragments.hpp"

namespace foretrain::bench {

using Bf16 = __nv_bfloat16;

__device__ inline std::uint32_t shared_at(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

__device__ inline void copy_unit(std::uint32_t to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}
__device__ inline void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int pending>
__device__ inline void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

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
      asm volatile("st.shared.v4.u32 [%0], {%1, %1, %1, %1};" ::"r"(at), "r"(0) : "memory");
  }
}

struct Fragment {
  std::uint32_t r[4];
};

// 16 x 16 elements at (row, column) of a tile in shared memory.
template <int width>
__device__ inline Fragment load_fragment(const Bf16* tile, int row, int column, Named named) {
  Fragment f;
  const int at = unit_at(row + named.row, column / unit + named.of_row, width);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f.r[0]), "=r"(f.r[1]), "=r"(f.r[2]), "=r"(f.r[3])
               : "r"(shared_at(tile) + 16 * static_cast<std::uint32_t>(at))
               : "memory");
  return f;
}
template <int width>
__device__ inline Fragment load_turned(const Bf16* tile, int row, int column, Named named) {
  Fragment f;
  const int at = unit_at(row + named.row, column / unit + named.of_row, width);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f.r[0]), "=r"(f.r[1]), "=r"(f.r[2]), "=r"(f.r[3])
               : "r"(shared_at(tile) + 16 * static_cast<std::uint32_t>(at))
               : "memory");
  return f;
}

// d[16 x 8] += a[16 x 16] b[16 x 8].
__device__ inline void multiply_add(float (&d)[4], const Fragment& a, std::uint32_t b0, std::uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a.r[0]), "r"(a.r[1]), "r"(a.r[2]), "r"(a.r[3]), "r"(b0), "r"(b1));
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
