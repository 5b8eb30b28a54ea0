#pragma once
// Sampled elements of a matrix product against a sum in double precision over the same stored operands and
// scales. D[m x n] = A[m x k] B[k x n] (+ C). Says nothing about elements that were not sampled; the poison
// count (random.hpp) covers those.

#include <cuda_runtime.h>

#include <cstdint>
#include <vector>

#include "floats.hpp"

namespace foretrain::bench {

// How stored elements become numbers: one scale for the tensor; one for each 128 along k of each row, rows
// next to one another; one for each block of 128 x 128, blocks along k next to one another, their count
// rounded up to 4. The last two are cuBLASLt's VEC128_32F and BLK128x128_32F (cuBLAS guide, section 3.1.4.5).
enum class Scaling : std::uint8_t { none, tensor, vector128, block128 };
std::int64_t scale_count(Scaling scaling, std::int64_t rows, std::int64_t k);

struct Operand {  // element (row, kk) is at row * row_step + kk * k_step; rows are those of A, columns of B
  const void* data = nullptr;
  std::int64_t row_step = 0, k_step = 0, rows = 0;
  Scaling scaling = Scaling::none;
  const float* scales = nullptr;
};

struct ProductCheck {
  std::int64_t m = 0, n = 0, k = 0;
  Format in = Format::bf16, out = Format::bf16;
  Operand a, b;
  const float* c = nullptr;  // added when not null
  const void* d = nullptr;   // m rows of n
};

// The relative error over `samples` elements: the four corners and others drawn from the seed.
double check_product(const ProductCheck& check, int samples, std::uint64_t seed, cudaStream_t stream);

}  // namespace foretrain::bench
