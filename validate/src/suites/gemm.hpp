#pragma once
// The suite gemm: fills the times and errors of its rows. Also the tensors of a product, which the suite
// interference runs too.

#include "row.hpp"
#include "suites/matmul.hpp"

namespace foretrain::bench {

// Random operands with random scales, several sets of them, and outputs.
class ProductTensors {
 public:
  ProductTensors(const Product& product, int sets, std::uint64_t seed, cudaStream_t stream);

  Tensors set(int index) const;
  int sets() const { return static_cast<int>(a_.size()); }
  const float* scales_a() const { return scales_a_.as<float>(); }
  const float* scales_b() const { return scales_b_.as<float>(); }

  // Runs the first set once on a poisoned output (on random numbers where it accumulates) and returns the
  // relative error of the result; not_a_number when elements were left unwritten.
  double check(const Matmul& matmul, cudaStream_t stream) const;

 private:
  ProductCheck description() const;

  Product product_;
  std::vector<Buffer> a_, b_, d_;
  Buffer scales_a_, scales_b_;
};

void measure_gemm(Row& row, Sampler& sampler);

// Times and counts of a summary into the row.
void store(Row& row, const Summary& summary);

}  // namespace foretrain::bench
