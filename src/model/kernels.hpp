#pragma once
// Single kernels from tensor shapes: FLOPs, and the bytes that must cross HBM when nothing is found in cache.
//
// Bytes: BF16 2, FP8 1 plus one FP32 scale per 128 elements (arXiv:2412.19437, section 3.3: tiles of 1x128
// for activations, blocks of 128x128 for weights), FP32 4. Left out: cache hits, padding of odd shapes to
// tiles.

#include <vector>

#include "base/kernel.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

double fp8_size(double elements);         // with 1x128 scales
double fp8_weight_size(double elements);  // with 128x128 scales
double packed_size(double elements);      // E5M6: 12 bits each, and a scale per 128
constexpr double bf16_size(double elements) {
  return 2.0 * elements;
}
constexpr double fp32_size(double elements) {
  return 4.0 * elements;
}

// D[m x n] = A[m x k] B[k x n] with BF16 output; `groups` problems of one weight each share the m rows.
Kernel gemm(Precision precision, std::int64_t m, std::int64_t n, std::int64_t k);
Kernel grouped_gemm(Precision precision, std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t groups);
// D[m x n] += A^T B over k tokens, accumulated into FP32 main gradients (4 B read, 4 B written an element).
Kernel weight_gradient(Precision precision, std::int64_t m, std::int64_t n, std::int64_t k);
Kernel grouped_weight_gradient(Precision precision, std::int64_t m, std::int64_t n, std::int64_t k,
                               std::int64_t groups);

// Memory-bound kernels: m rows of n elements, one operation an element.
Kernel stream(Family family, std::int64_t m, std::int64_t n, double read, double written, int launches = 1);
Kernel fp8_cast(std::int64_t m, std::int64_t n);       // BF16 -> FP8 with scales
Kernel fp8_back_cast(std::int64_t m, std::int64_t n);  // FP8 with scales -> BF16
// To FP8 in column-wise tiles (128x1), transposed: what a weight gradient reads.
Kernel column_cast(std::int64_t m, std::int64_t n, bool from_fp8);
Kernel weight_transpose(std::int64_t m, std::int64_t n);  // FP8 weights
// Scales of FP8 matrices of m rows, turned into the layout that GEMMs load; one launch a matrix.
Kernel scale_transpose(std::int64_t m, const std::vector<std::int64_t>& columns);
Kernel layout_copy(std::int64_t m, std::int64_t n, int launches = 1);  // BF16 -> BF16
Kernel combined(Kernel a, const Kernel& b);  // two runs of one family listed as one entry

Kernel norm(std::int64_t m, std::int64_t n);           // reads x, writes the normalised x
Kernel norm_gradient(std::int64_t m, std::int64_t n);  // reads dy and x, writes dx
// Sums the partial gradients that the norms' backward kernels leave, for the weights of `launches` norms.
Kernel norm_weight_gradient(std::int64_t weights, int launches);

// Flash attention of the DeepSeek lists; the sums that its backward needs are a kernel before it.
Kernel attention_forward(const Sizes& s);
Kernel attention_backward(const Sizes& s);

}  // namespace foretrain::model
