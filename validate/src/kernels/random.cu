#include <cuda_bf16.h>
#include <cuda_fp8.h>

#include "device/buffer.hpp"
#include "kernels/random.hpp"

namespace foretrain::bench {

namespace {

// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
__device__ std::uint64_t mixed(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

__device__ float uniform(std::uint32_t bits) {  // in (0, 1)
  return (static_cast<float>(bits >> 8) + 0.5F) * 0x1p-24F;
}

// Box and Muller, Ann. Math. Stat. 29 (1958).
__device__ float normal(std::uint64_t seed, std::uint64_t index) {
  const std::uint64_t bits = mixed(mixed(seed) ^ index);
  const float radius = sqrtf(-2.0F * logf(uniform(static_cast<std::uint32_t>(bits))));
  return radius * cospif(2.0F * uniform(static_cast<std::uint32_t>(bits >> 32)));
}

__device__ void store(float value, float* at) {
  *at = value;
}
__device__ void store(float value, __nv_bfloat16* at) {
  *at = __float2bfloat16_rn(value);
}
__device__ void store(float value, __nv_fp8_e4m3* at) {
  *at = __nv_fp8_e4m3(value);
}

__device__ std::size_t first_index() {
  return static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ std::size_t stride() {
  return static_cast<std::size_t>(gridDim.x) * blockDim.x;
}

// Normal values times `high` where low equals high, else values between the two.
template <class T>
__global__ void fill_kernel(T* data, std::size_t count, float low, float high, std::uint64_t seed) {
  for (std::size_t i = first_index(); i < count; i += stride()) {
    if (low == high)
      store(high * normal(seed, i), data + i);
    else
      store(low + (high - low) * uniform(static_cast<std::uint32_t>(mixed(mixed(seed) ^ i))), data + i);
  }
}

template <class T>
__global__ void poison_kernel(const T* data, std::size_t count, T pattern, unsigned long long* found) {
  unsigned long long mine = 0;
  for (std::size_t i = first_index(); i < count; i += stride()) mine += data[i] == pattern ? 1 : 0;
  if (mine > 0) atomicAdd(found, mine);
}

constexpr int blocks = 2048, threads = 256;

}  // namespace

void fill_normal(void* data, std::size_t count, Format format, float deviation, std::uint64_t seed,
                 cudaStream_t stream) {
  fill_uniform(data, count, format, deviation, deviation, seed, stream);
}

void fill_uniform(void* data, std::size_t count, Format format, float low, float high, std::uint64_t seed,
                  cudaStream_t stream) {
  switch (format) {
    case Format::bf16:
      fill_kernel<<<blocks, threads, 0, stream>>>(static_cast<__nv_bfloat16*>(data), count, low, high, seed);
      break;
    case Format::fp8:
      fill_kernel<<<blocks, threads, 0, stream>>>(static_cast<__nv_fp8_e4m3*>(data), count, low, high, seed);
      break;
    case Format::fp32:
      fill_kernel<<<blocks, threads, 0, stream>>>(static_cast<float*>(data), count, low, high, seed);
      break;
  }
  check_launch("fill with random numbers");
}

void poison(void* data, std::size_t bytes, cudaStream_t stream) {
  check(cudaMemsetAsync(data, 0xff, bytes, stream), "poison");
}

std::size_t count_poison(const void* data, std::size_t bytes, Format format, cudaStream_t stream) {
  const std::vector<unsigned long long> none{0};
  const Buffer found = to_gpu(none);
  auto* counter = found.as<unsigned long long>();
  const std::size_t count = bytes / size_of(format);
  if (format == Format::fp8)
    poison_kernel<<<blocks, threads, 0, stream>>>(static_cast<const std::uint8_t*>(data), count,
                                                  static_cast<std::uint8_t>(0xff), counter);
  else if (format == Format::bf16)
    poison_kernel<<<blocks, threads, 0, stream>>>(static_cast<const std::uint16_t*>(data), count,
                                                  static_cast<std::uint16_t>(0xffff), counter);
  else
    poison_kernel<<<blocks, threads, 0, stream>>>(static_cast<const std::uint32_t*>(data), count, 0xffffffffU,
                                                  counter);
  check_launch("count_poison");
  return static_cast<std::size_t>(to_host<unsigned long long>(counter, 1)[0]);
}

}  // namespace foretrain::bench
