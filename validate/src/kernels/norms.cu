// RMSNorm and its gradient, one row a block at a time; the row stays in registers.

#include <algorithm>

#include "device/launch.hpp"
#include "kernels/memory.hpp"
#include "kernels/vectors.cuh"

namespace foretrain::bench {

namespace {

constexpr int held = 2;  // vectors of eight a thread
constexpr int most_threads = 512, most_warps = most_threads / 32;

unsigned threads_for(std::int64_t n) {
  return static_cast<unsigned>((n / 8 + held * 32 - 1) / (held * 32) * 32);
}

// The same sum in every thread. `sums` is shared; the barriers let it be used again at once.
__device__ float sum_of_block(float mine, float* sums) {
  mine = sum_of_warp(mine);
  if (blockDim.x == 32) return mine;
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = mine;
  __syncthreads();
  float sum = threadIdx.x % 32 < blockDim.x / 32 ? sums[threadIdx.x % 32] : 0;
  sum = sum_of_warp(sum);
  __syncthreads();
  return sum;
}

__device__ Eight load(const __nv_bfloat16* row, std::int64_t n, int i) {
  const std::int64_t at = (static_cast<std::int64_t>(i) * blockDim.x + threadIdx.x) * 8;
  return at < n ? unpack(*reinterpret_cast<const uint4*>(row + at)) : Eight{};
}
__device__ void save(const Eight& values, __nv_bfloat16* row, std::int64_t n, int i) {
  const std::int64_t at = (static_cast<std::int64_t>(i) * blockDim.x + threadIdx.x) * 8;
  if (at < n) *reinterpret_cast<uint4*>(row + at) = pack(values);
}

__device__ float square_sum(const Eight (&x)[held]) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < held; ++i) {
#pragma unroll
    for (float value : x[i].x) sum += value * value;
  }
  return sum;
}

__global__ void __launch_bounds__(most_threads)
    forward_kernel(const __nv_bfloat16* x, const __nv_bfloat16* weight, __nv_bfloat16* y, std::int64_t n) {
  __shared__ float sums[most_warps];
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * n;
  Eight values[held];
#pragma unroll
  for (int i = 0; i < held; ++i) values[i] = load(x + begin, n, i);
  const float mean = sum_of_block(square_sum(values), sums) / static_cast<float>(n);
  const float factor = rsqrtf(mean + static_cast<float>(rms_epsilon));
#pragma unroll
  for (int i = 0; i < held; ++i) {
    const Eight w = load(weight, n, i);
#pragma unroll
    for (int j = 0; j < 8; ++j) values[i].x[j] *= factor * w.x[j];
    save(values[i], y + begin, n, i);
  }
}

__device__ void save_sums(const Eight (&sums)[held], float* row, std::int64_t n) {
#pragma unroll
  for (int i = 0; i < held; ++i) {
    const std::int64_t at = (static_cast<std::int64_t>(i) * blockDim.x + threadIdx.x) * 8;
    if (at >= n) continue;
    *reinterpret_cast<float4*>(row + at) =
        make_float4(sums[i].x[0], sums[i].x[1], sums[i].x[2], sums[i].x[3]);
    *reinterpret_cast<float4*>(row + at + 4) =
        make_float4(sums[i].x[4], sums[i].x[5], sums[i].x[6], sums[i].x[7]);
  }
}

// dx = f w dy - f^3 x mean(w dy x), with f = 1 / sqrt(mean(x^2) + epsilon); the weight's gradient is the sum
// of f x dy over rows.
__global__ void __launch_bounds__(most_threads)
    backward_kernel(const __nv_bfloat16* x, const __nv_bfloat16* dy, const __nv_bfloat16* weight,
                    __nv_bfloat16* dx, float* partial, std::int64_t m, std::int64_t n) {
  __shared__ float sums[most_warps];
  Eight w[held], of_weight[held] = {};
#pragma unroll
  for (int i = 0; i < held; ++i) w[i] = load(weight, n, i);
  for (std::int64_t row = blockIdx.x; row < m; row += gridDim.x) {
    Eight values[held], pulls[held];
    float dot = 0;
#pragma unroll
    for (int i = 0; i < held; ++i) {
      values[i] = load(x + row * n, n, i);
      pulls[i] = load(dy + row * n, n, i);
    }
#pragma unroll
    for (int i = 0; i < held; ++i) {
#pragma unroll
      for (int j = 0; j < 8; ++j) dot += w[i].x[j] * pulls[i].x[j] * values[i].x[j];
    }
    const float mean = sum_of_block(square_sum(values), sums) / static_cast<float>(n);
    const float factor = rsqrtf(mean + static_cast<float>(rms_epsilon));
    const float share = sum_of_block(dot, sums) / static_cast<float>(n) * factor * factor * factor;
#pragma unroll
    for (int i = 0; i < held; ++i) {
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        of_weight[i].x[j] += factor * values[i].x[j] * pulls[i].x[j];
        pulls[i].x[j] = factor * w[i].x[j] * pulls[i].x[j] - share * values[i].x[j];
      }
      save(pulls[i], dx + row * n, n, i);
    }
  }
  save_sums(of_weight, partial + static_cast<std::int64_t>(blockIdx.x) * n, n);
}

}  // namespace

void rmsnorm(const void* x, const void* weight, void* y, std::int64_t m, std::int64_t n,
             cudaStream_t stream) {
  launch_kernel("rmsnorm", &forward_kernel, {static_cast<unsigned>(m)}, static_cast<int>(threads_for(n)), 0,
                stream, static_cast<const __nv_bfloat16*>(x), static_cast<const __nv_bfloat16*>(weight),
                static_cast<__nv_bfloat16*>(y), n);
}

// About a thousand threads on every SM, in at most sixteen blocks.
int rmsnorm_blocks(std::int64_t m, std::int64_t n, int sms) {
  const int on_sm = std::clamp(1024 / static_cast<int>(threads_for(n)), 1, 16);
  return static_cast<int>(std::min<std::int64_t>(m, static_cast<std::int64_t>(sms) * on_sm));
}

void rmsnorm_backward(const void* x, const void* dy, const void* weight, void* dx, float* partial,
                      std::int64_t m, std::int64_t n, int sms, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(rmsnorm_blocks(m, n, sms));
  launch_kernel("rmsnorm_backward", &backward_kernel, {blocks}, static_cast<int>(threads_for(n)), 0, stream,
                static_cast<const __nv_bfloat16*>(x), static_cast<const __nv_bfloat16*>(dy),
                static_cast<const __nv_bfloat16*>(weight), static_cast<__nv_bfloat16*>(dx), partial, m, n);
}

}  // namespace foretrain::bench
