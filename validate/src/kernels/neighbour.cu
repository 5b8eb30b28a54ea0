#include "device/failure.hpp"
#include "kernels/neighbour.hpp"

namespace foretrain::bench {

namespace {

constexpr int threads = 1024, unrolled = 4;

__device__ unsigned long long now_ns() {
  unsigned long long time;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time));
  return time;
}

__device__ void copy_chunk(const uint4* in, uint4* out) {
  constexpr int vectors = static_cast<int>(neighbour_chunk / sizeof(uint4));
  for (int i = static_cast<int>(threadIdx.x); i < vectors; i += threads * unrolled) {
    uint4 held[unrolled];
#pragma unroll
    for (int j = 0; j < unrolled; ++j) held[j] = __ldcs(in + i + j * threads);
#pragma unroll
    for (int j = 0; j < unrolled; ++j) __stcs(out + i + j * threads, held[j]);
  }
}

// Thread 0 decides for the block whether to stop, to copy or to wait for its turn.
__global__ void __launch_bounds__(threads, 1) neighbour_kernel(Neighbour n) {
  enum Step { stop, copy, wait };
  __shared__ int step;
  const std::size_t begin = blockIdx.x * n.bytes_a_block;
  const auto* in = reinterpret_cast<const uint4*>(static_cast<const char*>(n.in) + begin);
  auto* out = reinterpret_cast<uint4*>(static_cast<char*>(n.out) + begin);
  const std::size_t chunks = n.bytes_a_block / neighbour_chunk;
  const unsigned long long start = now_ns();
  unsigned long long moved = 0;
  if (threadIdx.x == 0) *static_cast<volatile int*>(n.arrived + blockIdx.x) = 1;
  for (std::size_t chunk = 0;;) {
    if (threadIdx.x == 0) {
      const double due = static_cast<double>(now_ns() - start) * 1e-9 * n.bytes_a_second;
      step = *static_cast<const volatile int*>(n.stop) != 0 ? stop
             : static_cast<double>(moved) < due             ? copy
                                                            : wait;
      if (step == wait) __nanosleep(500);
    }
    __syncthreads();
    const int now = step;
    __syncthreads();  // all have read `step` before thread 0 writes it again
    if (now == stop) return;
    if (now == wait) continue;
    constexpr std::size_t vectors = neighbour_chunk / sizeof(uint4);
    copy_chunk(in + chunk * vectors, out + chunk * vectors);
    chunk = (chunk + 1) % chunks;
    moved += 2 * neighbour_chunk;
    if (threadIdx.x == 0) *static_cast<volatile unsigned long long*>(n.moved + blockIdx.x) = moved;
  }
}

}  // namespace

void launch_neighbour(const Neighbour& neighbour, cudaStream_t stream) {
  int device = 0, most = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "shared memory");
  const int dynamic = most - 1024;  // the block's own variables, rounded up, must fit as well
  check(cudaFuncSetAttribute(neighbour_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, dynamic),
        "shared memory of the neighbour");
  neighbour_kernel<<<static_cast<unsigned>(neighbour.blocks), threads, static_cast<std::size_t>(dynamic),
                     stream>>>(neighbour);
  check_launch("neighbour");
}

}  // namespace foretrain::bench
