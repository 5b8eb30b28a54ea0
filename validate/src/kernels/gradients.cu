#include "kernels/gradients.hpp"

#include "device/launch.hpp"
#include "kernels/vectors.cuh"

namespace foretrain::bench {

namespace {

using Bf16 = __nv_bfloat16;

constexpr int threads = 256, side = 64, pitch = side + 4;

__device__ std::int64_t own_index() {
  return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
}
unsigned blocks_for(std::int64_t work) {
  return static_cast<unsigned>((work + threads - 1) / threads);
}

// Eight values a thread.
__global__ void __launch_bounds__(threads)
    dequantise_kernel(const uint2* codes, const float* scales, uint4* out, std::int64_t m, std::int64_t n) {
  const std::int64_t i = own_index();
  if (i >= m * n / 8) return;
  const std::int64_t row = i * 8 / n, column = i * 8 % n;
  Eight values = unpack_e4m3(codes[i]);
  const float scale = scales[column / 128 * m + row];
#pragma unroll
  for (float& value : values.x) value *= scale;
  out[i] = pack(values);
}

// Sixteen bytes a thread of a tile of 64 x 64: rows in, columns out, four threads each.
__global__ void __launch_bounds__(threads)
    transpose_kernel(const unsigned char* in, unsigned char* out, std::int64_t m, std::int64_t n) {
  __shared__ __align__(16) unsigned char tile[side * pitch];
  const std::int64_t row0 = static_cast<std::int64_t>(blockIdx.y) * side;
  const std::int64_t column0 = static_cast<std::int64_t>(blockIdx.x) * side;
  const int line = static_cast<int>(threadIdx.x) / 4, first = static_cast<int>(threadIdx.x) % 4 * 16;
  const uint4 read = *reinterpret_cast<const uint4*>(in + (row0 + line) * n + column0 + first);
  unsigned* words = reinterpret_cast<unsigned*>(tile + line * pitch + first);
  words[0] = read.x, words[1] = read.y, words[2] = read.z, words[3] = read.w;
  __syncthreads();
  unsigned turned[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    turned[i] = 0;
#pragma unroll
    for (int j = 0; j < 4; ++j)
      turned[i] |= static_cast<unsigned>(tile[(first + 4 * i + j) * pitch + line]) << (8 * j);
  }
  *reinterpret_cast<uint4*>(out + (column0 + line) * m + row0 + first) =
      make_uint4(turned[0], turned[1], turned[2], turned[3]);
}

// Eight pairs of gate and up a thread.
__global__ void __launch_bounds__(threads)
    swiglu_backward_kernel(const Bf16* in, const uint4* dy, Bf16* out, std::int64_t m, std::int64_t f) {
  const std::int64_t i = own_index();
  if (i >= m * f / 8) return;
  const std::int64_t at = i * 8 / f * 2 * f + i * 8 % f;
  Eight gate = unpack(*reinterpret_cast<const uint4*>(in + at));
  Eight up = unpack(*reinterpret_cast<const uint4*>(in + at + f));
  const Eight d = unpack(dy[i]);
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    const float sigmoid = 1.0F / (1.0F + __expf(-gate.x[j])), silu = gate.x[j] * sigmoid;
    gate.x[j] = d.x[j] * up.x[j] * sigmoid * (1.0F + gate.x[j] * (1.0F - sigmoid));
    up.x[j] = d.x[j] * silu;
  }
  *reinterpret_cast<uint4*>(out + at) = pack(gate);
  *reinterpret_cast<uint4*>(out + at + f) = pack(up);
}

}  // namespace

void dequantise_row(const void* codes, const float* scales, void* out, std::int64_t m, std::int64_t n,
                    cudaStream_t stream) {
  launch_kernel("dequantise_row", &dequantise_kernel, {blocks_for(m * n / 8)}, threads, 0, stream,
                static_cast<const uint2*>(codes), scales, static_cast<uint4*>(out), m, n);
}

void transpose_fp8(const void* in, void* out, std::int64_t m, std::int64_t n, cudaStream_t stream) {
  launch_kernel("transpose_fp8", &transpose_kernel,
                {static_cast<unsigned>(n / side), static_cast<unsigned>(m / side)}, threads, 0, stream,
                static_cast<const unsigned char*>(in), static_cast<unsigned char*>(out), m, n);
}

void swiglu_backward(const void* in, const void* dy, void* out, std::int64_t m, std::int64_t f,
                     cudaStream_t stream) {
  launch_kernel("swiglu_backward", &swiglu_backward_kernel, {blocks_for(m * f / 8)}, threads, 0, stream,
                static_cast<const Bf16*>(in), static_cast<const uint4*>(dy), static_cast<Bf16*>(out), m, f);
}

}  // namespace foretrain::bench
