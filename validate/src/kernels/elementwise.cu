// Rope, sums of residuals, AdamW.

#include "device/launch.hpp"
#include "kernels/memory.hpp"
#include "kernels/vectors.cuh"

namespace foretrain::bench {

namespace {

constexpr int threads = 256;

__device__ std::int64_t own_index() {
  return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
}
unsigned blocks_for(std::int64_t work) {
  return static_cast<unsigned>((work + threads - 1) / threads);
}

// Eight values a thread: four pairs; 64 values, eight threads, a head.
__global__ void __launch_bounds__(threads) rope_kernel(const uint4* x, const float4* turns, uint4* y,
                                                       std::int64_t count, std::int64_t vectors_a_row) {
  const std::int64_t i = own_index();
  if (i >= count) return;
  const std::int64_t row = i / vectors_a_row, in_head = i % 8;
  const float4 first = turns[row * 16 + in_head * 2], second = turns[row * 16 + in_head * 2 + 1];
  const float cosines[4] = {first.x, first.z, second.x, second.z};
  const float sines[4] = {first.y, first.w, second.y, second.w};
  const Eight v = unpack(x[i]);
  Eight turned;
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    turned.x[2 * j] = v.x[2 * j] * cosines[j] - v.x[2 * j + 1] * sines[j];
    turned.x[2 * j + 1] = v.x[2 * j] * sines[j] + v.x[2 * j + 1] * cosines[j];
  }
  y[i] = pack(turned);
}

__global__ void __launch_bounds__(threads)
    add_kernel(const uint4* a, const uint4* b, uint4* sum, std::int64_t count) {
  const std::int64_t i = own_index();
  if (i >= count) return;
  Eight left = unpack(a[i]);
  const Eight right = unpack(b[i]);
#pragma unroll
  for (int j = 0; j < 8; ++j) left.x[j] += right.x[j];
  sum[i] = pack(left);
}

__device__ Eight load_floats(const float* at) {
  const float4 low = *reinterpret_cast<const float4*>(at), high = *reinterpret_cast<const float4*>(at + 4);
  return {{low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w}};
}

__global__ void __launch_bounds__(threads)
    adamw_kernel(float* master, const float* gradient, uint4* first, uint4* second, uint4* weight,
                 std::int64_t vectors, AdamwConstants c) {
  const std::int64_t i = own_index();
  if (i >= vectors) return;
  Eight w = load_floats(master + 8 * i), m = unpack(first[i]), v = unpack(second[i]);
  const Eight g = load_floats(gradient + 8 * i);
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    m.x[j] = c.beta1 * m.x[j] + (1.0F - c.beta1) * g.x[j];
    v.x[j] = c.beta2 * v.x[j] + (1.0F - c.beta2) * g.x[j] * g.x[j];
    const float step = (m.x[j] / c.correction1) / (sqrtf(v.x[j] / c.correction2) + c.epsilon);
    w.x[j] -= c.rate * (step + c.decay * w.x[j]);
  }
  float4* out = reinterpret_cast<float4*>(master + 8 * i);
  out[0] = make_float4(w.x[0], w.x[1], w.x[2], w.x[3]);
  out[1] = make_float4(w.x[4], w.x[5], w.x[6], w.x[7]);
  first[i] = pack(m);
  second[i] = pack(v);
  weight[i] = pack(w);
}

}  // namespace

void rope(const void* x, const float* turns, void* y, std::int64_t m, std::int64_t width,
          cudaStream_t stream) {
  launch_kernel("rope", &rope_kernel, {blocks_for(m * width / 8)}, threads, 0, stream,
                static_cast<const uint4*>(x), reinterpret_cast<const float4*>(turns), static_cast<uint4*>(y),
                m * width / 8, width / 8);
}

void residual_add(const void* a, const void* b, void* sum, std::int64_t count, cudaStream_t stream) {
  launch_kernel("residual_add", &add_kernel, {blocks_for(count / 8)}, threads, 0, stream,
                static_cast<const uint4*>(a), static_cast<const uint4*>(b), static_cast<uint4*>(sum),
                count / 8);
}

void adamw(float* master, const float* gradient, void* first, void* second, void* weight, std::int64_t count,
           const AdamwConstants& constants, cudaStream_t stream) {
  launch_kernel("adamw", &adamw_kernel, {blocks_for(count / 8)}, threads, 0, stream, master, gradient,
                static_cast<uint4*>(first), static_cast<uint4*>(second), static_cast<uint4*>(weight),
                count / 8, constants);
}

}  // namespace foretrain::bench
