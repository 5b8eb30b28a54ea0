#pragma once
// Random tensors from a seed, made on the GPU: a counter-based generator (each element hashes its index), so
// that the same seed gives the same bytes on every device. Never zeros: kernels run faster on them than on
// data. Also poison, which shows elements that a kernel forgot to write.

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "floats.hpp"

namespace foretrain::bench {

// Normal values of the given deviation, or values spread evenly from low to high, rounded to the format.
void fill_normal(void* data, std::size_t count, Format format, float deviation, std::uint64_t seed,
                 cudaStream_t stream);
void fill_uniform(void* data, std::size_t count, Format format, float low, float high, std::uint64_t seed,
                  cudaStream_t stream);

// All bits one: NaN in every format used here.
void poison(void* data, std::size_t bytes, cudaStream_t stream);
// How many elements of that width are still poison.
std::size_t count_poison(const void* data, std::size_t bytes, Format format, cudaStream_t stream);

}  // namespace foretrain::bench
