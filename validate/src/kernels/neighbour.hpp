#pragma once
// A copy that keeps some SMs to itself until it is told to stop: one block an SM, each with all the shared
// memory that a block may have, so that no GEMM block fits beside it. Each block keeps to a rate.

#include <cuda_runtime.h>

#include <cstddef>

namespace foretrain::bench {

struct Neighbour {
  const void* in = nullptr;  // `bytes_a_block` for each block, one after the other; out likewise
  void* out = nullptr;
  std::size_t bytes_a_block = 0;  // a multiple of neighbour_chunk
  int blocks = 0;
  double bytes_a_second = 0;  // moved by one block, reads and writes together; 0: it only holds its SM
  const int* stop = nullptr;  // this and the next two in mapped host memory
  int* arrived = nullptr;     // [blocks]: 1 once the block runs
  unsigned long long* moved = nullptr;  // [blocks]: bytes so far
};
inline constexpr std::size_t neighbour_chunk = std::size_t{1} << 20U;  // copied between two looks at `stop`

void launch_neighbour(const Neighbour& neighbour, cudaStream_t stream);

}  // namespace foretrain::bench
