#pragma once
// Stands in for src/kernels/ptx.cuh, by the rules of the PTX ISA for ldmatrix and mma.m16n8k16.

#include <cuda_bf16.h>

#include <cstring>

namespace foretrain::bench {

using Bf16 = __nv_bfloat16;

inline std::uint32_t shared_at(const void* pointer) {
  return emulation::shared_offset(pointer);
}
inline void copy_unit(std::uint32_t to, const void* from) {
  emulation::copy_later(emulation::shared_pointer(to), from, 16);
}
inline void commit_copies() {
  emulation::commit_copies();
}
template <int pending>
void wait_copies() {
  emulation::wait_copies(pending);
}
inline void zero_unit(std::uint32_t at) {
  std::memset(emulation::shared_pointer(at), 0, 16);
}

struct Fragment {
  std::uint32_t r[4];
};

inline std::uint32_t pair_of(Bf16 low, Bf16 high) {
  return low.bits | static_cast<std::uint32_t>(high.bits) << 16U;
}

inline Fragment load_matrices(std::uint32_t row) {
  const auto& rows = emulation::exchange_all(row);
  const unsigned lane = threadIdx.x % 32;
  Fragment f{};
  for (unsigned i = 0; i < 4; ++i) {
    const auto offset = static_cast<std::uint32_t>(rows[8 * i + lane / 4]);
    const auto* elements = reinterpret_cast<const Bf16*>(emulation::shared_pointer(offset)) + lane % 4 * 2;
    f.r[i] = pair_of(elements[0], elements[1]);
  }
  return f;
}
inline Fragment load_matrices_turned(std::uint32_t row) {
  const auto& rows = emulation::exchange_all(row);
  const unsigned lane = threadIdx.x % 32;
  Fragment f{};
  for (unsigned i = 0; i < 4; ++i) {
    Bf16 pair[2];
    for (unsigned e = 0; e < 2; ++e) {
      const auto offset = static_cast<std::uint32_t>(rows[8 * i + lane % 4 * 2 + e]);
      pair[e] = reinterpret_cast<const Bf16*>(emulation::shared_pointer(offset))[lane / 4];
    }
    f.r[i] = pair_of(pair[0], pair[1]);
  }
  return f;
}

// Each lane adds up its own four sums, from the registers of the lanes that hold their rows and columns.
inline void multiply_add(float (&d)[4], const Fragment& a, std::uint32_t b0, std::uint32_t b1) {
  const auto joined = [](std::uint32_t low, std::uint32_t high) {
    return low | static_cast<std::uint64_t>(high) << 32U;
  };
  const auto element = [](std::uint64_t bits, int which) {
    return from_bf16(static_cast<std::uint16_t>(bits >> (16U * static_cast<unsigned>(which))));
  };
  const int lane = static_cast<int>(threadIdx.x % 32);
  float left[2][16], right[16][2];
  for (int i = 0; i < 2; ++i) {  // k below 8 in the first two registers, from 8 on in the others
    const auto& of_a = emulation::exchange_all(joined(a.r[2 * i], a.r[2 * i + 1]));
    for (int other = 0; other < 4; ++other) {
      const std::uint64_t bits = of_a[static_cast<std::size_t>(lane / 4 * 4 + other)];
      for (int e = 0; e < 2; ++e) {
        left[0][i * 8 + other * 2 + e] = element(bits, e);
        left[1][i * 8 + other * 2 + e] = element(bits, 2 + e);
      }
    }
  }
  const auto& of_b = emulation::exchange_all(joined(b0, b1));
  for (int column = 0; column < 2; ++column) {
    for (int other = 0; other < 4; ++other) {
      const std::uint64_t bits = of_b[static_cast<std::size_t>((lane % 4 * 2 + column) * 4 + other)];
      for (int e = 0; e < 2; ++e) {
        right[other * 2 + e][column] = element(bits, e);
        right[other * 2 + e + 8][column] = element(bits, 2 + e);
      }
    }
  }
  for (int i = 0; i < 4; ++i) {
    float sum = 0;
    for (int k = 0; k < 16; ++k) sum += left[i / 2][k] * right[k][i % 2];
    d[i] += sum;
  }
}

}  // namespace foretrain::bench
