#pragma once
// As much of CUDA's runtime as the emulated kernels and their launchers name. The GPU has compute capability
// 9.0; how much shared memory a block gets can be set, to take the ways of other GPUs.

#include <cmath>
#include <cstdint>

#include "emulation.hpp"

using cudaStream_t = void*;
enum cudaError_t { cudaSuccess, cudaErrorUnknown };
inline const char* cudaGetErrorString(cudaError_t) {
  return "emulated";
}
inline cudaError_t cudaGetLastError() {
  return cudaSuccess;
}
inline cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
enum cudaDeviceAttr {
  cudaDevAttrComputeCapabilityMajor,
  cudaDevAttrComputeCapabilityMinor,
  cudaDevAttrMaxSharedMemoryPerBlockOptin
};
inline int emulated_shared_limit = 232448;  // Hopper's
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int) {
  *value = which == cudaDevAttrComputeCapabilityMajor   ? 9
           : which == cudaDevAttrComputeCapabilityMinor ? 0
                                                        : emulated_shared_limit;
  return cudaSuccess;
}

struct float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline float2 make_float2(float x, float y) {
  return {x, y};
}
inline float4 make_float4(float x, float y, float z, float w) {
  return {x, y, z, w};
}
inline uint2 make_uint2(unsigned x, unsigned y) {
  return {x, y};
}
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
  return {x, y, z, w};
}

inline foretrain::emulation::Index &threadIdx = foretrain::emulation::thread_index,
                                   &blockIdx = foretrain::emulation::block_index,
                                   &blockDim = foretrain::emulation::block_size,
                                   &gridDim = foretrain::emulation::grid_size;

inline void __syncthreads() {
  foretrain::emulation::wait_for_block();
}
inline void __syncwarp() {
  foretrain::emulation::wait_for_warp();
}
inline float __uint_as_float(unsigned bits) {
  return __builtin_bit_cast(float, bits);
}
// Values of four bytes.
template <class T>
T __shfl_sync(unsigned, T mine, int lane) {
  const auto bits = foretrain::emulation::exchange(__builtin_bit_cast(unsigned, mine), lane);
  return __builtin_bit_cast(T, static_cast<unsigned>(bits));
}
template <class T>
T __shfl_xor_sync(unsigned mask, T mine, int distance) {
  return __shfl_sync(mask, mine, static_cast<int>(threadIdx.x % 32) ^ distance);
}
inline float rsqrtf(float x) {
  return 1 / std::sqrt(x);
}
inline float __expf(float x) {
  return std::exp(x);
}
template <class T>
T __ldg(const T* at) {
  return *at;
}
inline void atomicAdd(float* at, float value) {
  *at += value;
}
