#pragma once
// Memory that frees itself: on the GPU, and on the host where the GPU can reach it. Plain allocations; no
// pool, no managed memory.

#include <cstddef>
#include <utility>
#include <vector>

#include "device/failure.hpp"

namespace foretrain::bench {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t bytes) : bytes_(bytes) {
    if (bytes > 0) check(cudaMalloc(&data_, bytes), "cudaMalloc");
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Buffer() { (void)cudaFree(data_); }

  void* get() const { return data_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

// Zeroed, page-locked, mapped into the GPU's addresses (the same pointer on both sides).
class HostBuffer {
 public:
  explicit HostBuffer(std::size_t bytes) {
    check(cudaHostAlloc(&data_, bytes, cudaHostAllocMapped | cudaHostAllocPortable), "cudaHostAlloc");
    auto* byte = static_cast<unsigned char*>(data_);
    for (std::size_t i = 0; i < bytes; ++i) byte[i] = 0;
  }
  HostBuffer(const HostBuffer&) = delete;
  HostBuffer& operator=(const HostBuffer&) = delete;
  ~HostBuffer() { (void)cudaFreeHost(data_); }

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
};

// Copies `count` elements from the GPU; waits for all work before.
template <class T>
std::vector<T> to_host(const void* device, std::size_t count) {
  std::vector<T> host(count);
  check(cudaDeviceSynchronize(), "wait before a copy to the host");
  check(cudaMemcpy(host.data(), device, count * sizeof(T), cudaMemcpyDeviceToHost), "copy to the host");
  return host;
}
template <class T>
Buffer to_gpu(const std::vector<T>& host) {
  Buffer buffer(host.size() * sizeof(T));
  check(cudaMemcpy(buffer.get(), host.data(), buffer.bytes(), cudaMemcpyHostToDevice), "copy to the GPU");
  check(cudaDeviceSynchronize(), "copy to the GPU");  // a copy from pageable memory may still be under way
  return buffer;
}

}  // namespace foretrain::bench
