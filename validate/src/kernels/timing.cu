#include "device/failure.hpp"
#include "kernels/timing.hpp"

namespace foretrain::bench {

namespace {

__device__ unsigned long long now_ns() {
  unsigned long long time;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time));
  return time;
}

__global__ void blocker(const volatile int* go, volatile int* timed_out, unsigned long long limit_ns) {
  const unsigned long long start = now_ns();
  while (*go == 0) {
    if (now_ns() - start > limit_ns) {
      *timed_out = 1;
      __threadfence_system();
      return;
    }
    __nanosleep(100);
  }
}

__global__ void flush(const uint4* buffer, std::size_t count, unsigned* sink) {
  unsigned sum = 0;
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += step) {
    const uint4 v = __ldcg(buffer + i);  // kept in L2, past L1
    sum ^= v.x ^ v.y ^ v.z ^ v.w;
  }
  if (sum == 0x9e3779b9U && step == 1) *sink = sum;  // never with more than one thread; keeps the reads alive
}

__global__ void empty() {}

}  // namespace

void launch_blocker(const int* go, int* timed_out, unsigned long long limit_ns, cudaStream_t stream) {
  blocker<<<1, 1, 0, stream>>>(go, timed_out, limit_ns);
  check_launch("blocker");
}

void launch_flush(const void* buffer, std::size_t bytes, void* sink, cudaStream_t stream) {
  flush<<<1024, 256, 0, stream>>>(static_cast<const uint4*>(buffer), bytes / sizeof(uint4),
                                  static_cast<unsigned*>(sink));
  check_launch("flush");
}

void launch_empty(cudaStream_t stream) {
  empty<<<1, 32, 0, stream>>>();
  check_launch("empty");
}

}  // namespace foretrain::bench
