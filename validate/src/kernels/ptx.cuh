#pragma once
// The instructions of sm_80 that the attention kernels are made of: copies to shared memory that need no
// registers, loads of 8 x 8 matrices, and the matrix product (PTX ISA: cp.async, ldmatrix, mma). A test plays
// them on the host (tests/emulation/kernels/ptx.cuh).

#include <cuda_bf16.h>

#include <cstdint>

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

__device__ inline void zero_unit(std::uint32_t at) {
  asm volatile("st.shared.v4.u32 [%0], {%1, %1, %1, %1};" ::"r"(at), "r"(0) : "memory");
}

struct Fragment {
  std::uint32_t r[4];
};

// Four matrices of 8 x 8; lanes 8 i to 8 i + 7 name the rows of matrix i.
__device__ inline Fragment load_matrices(std::uint32_t row) {
  Fragment f;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f.r[0]), "=r"(f.r[1]), "=r"(f.r[2]), "=r"(f.r[3])
               : "r"(row)
               : "memory");
  return f;
}
__device__ inline Fragment load_matrices_turned(std::uint32_t row) {
  Fragment f;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f.r[0]), "=r"(f.r[1]), "=r"(f.r[2]), "=r"(f.r[3])
               : "r"(row)
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

}  // namespace foretrain::bench
