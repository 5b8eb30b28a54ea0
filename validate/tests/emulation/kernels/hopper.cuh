#pragma once
// Stands in for src/kernels/hopper.cuh, by the rules of the PTX ISA for mbarrier, cp.async.bulk.tensor and
// wgmma with operands in shared memory under the 128-byte swizzle. Copies are done at once, products when
// they are issued: what is not tested is a wait that is missing.

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstring>

#include "device/tensor_map.hpp"
#include "floats.hpp"
#include "grouped_tiles.hpp"

namespace foretrain::bench::hopper {

inline std::uint32_t shared_address(const void* pointer) {
  return emulation::shared_offset(pointer);
}

// In the 64 bits of a barrier: bytes still to come, arrivals that end a phase, those still missing, the
// phase.
struct Barrier {
  std::int32_t bytes;
  std::uint8_t arrivals, missing, phase, unused;
};
inline Barrier& barrier_at(std::uint64_t* at) {
  return *reinterpret_cast<Barrier*>(at);
}
inline void end_phase_if_due(Barrier& b) {
  if (b.missing > 0 || b.bytes != 0) return;
  b.missing = b.arrivals;
  b.phase ^= 1U;
  emulation::progress();
}

inline void init_barrier(std::uint64_t* at, std::uint32_t arrivals) {
  const auto count = static_cast<std::uint8_t>(arrivals);
  barrier_at(at) = {0, count, count, 0, 0};
}
inline void publish_barriers() {}
inline void arrive(std::uint64_t* at) {
  Barrier& b = barrier_at(at);
  if (b.missing == 0) throw std::runtime_error("one arrival too many");
  --b.missing;
  end_phase_if_due(b);
}
inline void arrive_expecting(std::uint64_t* at, std::uint32_t bytes) {
  barrier_at(at).bytes += static_cast<std::int32_t>(bytes);
  arrive(at);
}
inline void wait(std::uint64_t* at, std::uint32_t parity) {
  while (barrier_at(at).phase == parity) emulation::wait_a_turn();
}

inline std::size_t swizzled(std::size_t address) {
  return address ^ ((address >> 7U & 7U) << 4U);
}

inline void load_tile(void* to, const CUtensorMap* map, std::uint64_t* barrier, std::int32_t x,
                      std::int32_t y) {
  MatrixBox box;
  std::memcpy(&box, map->opaque, sizeof(box));
  const std::uint32_t start = shared_address(to);
  const std::size_t element = box.fp8 ? 1 : 4, row_bytes = box.box_columns * element;
  for (std::size_t r = 0; r < box.box_rows; ++r) {
    for (std::size_t c = 0; c < box.box_columns; ++c) {
      const auto row = y + static_cast<std::int64_t>(r), column = x + static_cast<std::int64_t>(c);
      std::size_t at = start + r * row_bytes + c * element;
      if (box.swizzled) at = swizzled(at);
      const bool inside = row >= 0 && row < box.rows && column >= 0 && column < box.columns;
      unsigned char* target = emulation::shared_pointer(static_cast<std::uint32_t>(at));
      const auto* from = static_cast<const unsigned char*>(box.data) +
                         static_cast<std::size_t>(inside ? row * box.columns + column : 0) * element;
      if (inside)
        std::memcpy(target, from, element);
      else
        std::memset(target, 0, element);
    }
  }
  Barrier& b = barrier_at(barrier);
  b.bytes -= static_cast<std::int32_t>(row_bytes * box.box_rows);
  end_phase_if_due(b);
}
inline void prefetch_map(const CUtensorMap*) {}

template <int registers>
void give_registers() {}
template <int registers>
void take_registers() {}
inline void open_batch() {}
inline void finish_batch(float (&)[64]) {}

inline float operand_element(std::uint64_t descriptor, int row, int k) {
  if (descriptor >> 62U != 1) throw std::runtime_error("no swizzle of 128 bytes");
  const std::size_t start = (descriptor & 0x3fffU) << 4U, eight_rows = (descriptor >> 32U & 0x3fffU) << 4U;
  const auto r = static_cast<std::size_t>(row);
  const std::size_t at = start + r / 8 * eight_rows + r % 8 * 128 + static_cast<std::size_t>(k);
  return from_e4m3(*emulation::shared_pointer(static_cast<std::uint32_t>(swizzled(at))));
}

inline void multiply_e4m3(float (&d)[64], std::uint64_t a, std::uint64_t b, std::int32_t adds) {
  const int thread = static_cast<int>(threadIdx.x % 128);
  float left[2][32];
  for (int r = 0; r < 2; ++r)
    for (int k = 0; k < 32; ++k) left[r][k] = operand_element(a, fragment_row(thread, 2 * r), k);
  for (int i = 0; i < 64; ++i) {
    float sum = 0;
    for (int k = 0; k < 32; ++k)
      sum += left[i / 2 % 2][k] * operand_element(b, fragment_column(thread, i), k);
    d[i] = adds != 0 ? d[i] + sum : sum;
  }
}

}  // namespace foretrain::bench::hopper
