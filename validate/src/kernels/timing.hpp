#pragma once
// Kernels that make timing honest: one that holds a stream until the host says go, so that launches are
// queued and no launch cost is measured; one that reads a large buffer, so that L2 holds nothing of the
// inputs; and an empty one. Reading flushes without leaving dirty lines whose write-back would slow the next
// kernel.

#include <cuda_runtime.h>

#include <cstddef>

namespace foretrain::bench {

// Spins until *go is not 0, at most `limit_ns`; then sets *timed_out. Both are mapped host memory.
void launch_blocker(const int* go, int* timed_out, unsigned long long limit_ns, cudaStream_t stream);

// Reads all of `buffer`; `sink` is written only if its sum is one that random data do not have.
void launch_flush(const void* buffer, std::size_t bytes, void* sink, cudaStream_t stream);

void launch_empty(cudaStream_t stream);

}  // namespace foretrain::bench
