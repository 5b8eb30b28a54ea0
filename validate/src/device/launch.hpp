#pragma once
// Launches of kernels as plain calls: what the launch brackets do, and room for large shared memory. Kernels
// that are launched so can also be run without a GPU (tests/emulation).

#include <cstddef>
#include <utility>

#include "device/failure.hpp"

namespace foretrain::bench {

struct Place3 {
  unsigned x = 1, y = 1, z = 1;
};

template <class... Parameters, class... Arguments>
void launch_kernel(const char* what, void (*kernel)(Parameters...), Place3 grid, int threads,
                   std::size_t shared_bytes, cudaStream_t stream, Arguments&&... arguments) {
  constexpr std::size_t always_there = 48U << 10U;
  if (shared_bytes > always_there)
    check(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                               cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)),
          what);
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(grid.x, grid.y, grid.z);
  config.blockDim = dim3(static_cast<unsigned>(threads));
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  check(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...), what);
}

}  // namespace foretrain::bench
