#pragma once
// One matrix product through cuBLASLt: D[m x n] = A[m x k] B[k x n] of row-major tensors. The library thinks
// in columns, so it is asked for D^T = B^T A^T: its A is our B, its B our A. Left out: bias, batches, outputs
// in FP8.

#include <cublasLt.h>

#include <memory>
#include <string>

#include "device/sampler.hpp"
#include "kernels/gemm_check.hpp"

namespace foretrain::bench {

// How the operands lie in memory, by cuBLAS' letters for its A and B: T means k is contiguous.
enum class Layout : std::uint8_t {
  tn,  // A[m][k], B[n][k]: forward
  nn,  // A[m][k], B[k][n]: gradient of inputs, weights as stored
  nt,  // A[k][m], B[k][n]: gradient of weights, activations as stored
};

struct Product {
  std::int64_t m = 0, n = 0, k = 0;
  Format in = Format::bf16;
  Layout layout = Layout::tn;
  Scaling scaling_a = Scaling::none, scaling_b = Scaling::none;
  bool accumulates = false;  // D is FP32 and added to; else D is BF16
  bool fast = false;         // FP8: partial sums stay in the tensor cores
  int sm_limit = 0;          // 0: all
};
Product product_of(const std::string& kernel, std::int64_t m, std::int64_t n, std::int64_t k);

struct Tensors {
  const void* a = nullptr;
  const void* b = nullptr;
  void* d = nullptr;
};

class Matmul {
 public:
  // Scales may be null where the product has none. Throws Failure when the library knows no algorithm.
  Matmul(const Product& product, const float* scales_a, const float* scales_b);
  ~Matmul();
  Matmul(const Matmul&) = delete;
  Matmul& operator=(const Matmul&) = delete;

  // Times the first algorithms of the heuristics and keeps the fastest; returns how many ran.
  int choose(const Tensors& tensors, Sampler& sampler);
  void run(const Tensors& tensors, cudaStream_t stream) const;

 private:
  static constexpr int most_algorithms = 8;
  explicit Matmul(const Product& product);  // holds no descriptors yet; what a failing constructor frees
  void set(cublasLtMatmulDescAttributes_t attribute, const void* value, std::size_t size);
  void find_algorithms();
  cublasStatus_t try_run(const Tensors& tensors, const cublasLtMatmulAlgo_t& algorithm, cudaStream_t) const;

  Product product_;
  cublasLtHandle_t handle_ = nullptr;
  cublasLtMatmulDesc_t operation_ = nullptr;
  cublasLtMatrixLayout_t left_ = nullptr, right_ = nullptr, out_ = nullptr;  // the library's A, B, D
  std::vector<cublasLtMatmulAlgo_t> algorithms_;
  std::size_t chosen_ = 0;
  Buffer workspace_;
};

}  // namespace foretrain::bench
