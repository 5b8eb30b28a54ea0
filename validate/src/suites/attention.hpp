#pragma once
// The suite attention: causal attention of training, forward and the kernel of the gradient alone, by our own
// kernels (kernels/attention.hpp). Some heads are checked: forward some queries, backward some queries and
// keys too, each for itself, and the largest error counts.

#include "device/sampler.hpp"
#include "kernels/attention.hpp"
#include "row.hpp"

namespace foretrain::bench {

void measure_attention(Row& row, Sampler& sampler);

// Random inputs of the forward pass and of the gradient, and room for all results. Also a part of the layer.
class AttentionTensors {
 public:
  AttentionTensors(std::int64_t tokens, std::int64_t heads, std::uint64_t seed, cudaStream_t stream);

  Attention work() const;
  void poison_results(cudaStream_t stream) const;  // and zero the sums of dq

  // Runs the kernels once; the largest relative error. `run` leaves outputs and sums, and for the gradient
  // also dq, dk and dv; its sums are logarithms to the base whose natural logarithm is `log_of_base`.
  using Run = std::function<void(const Attention&, cudaStream_t)>;
  double check_forward(const Run& run, double log_of_base, cudaStream_t stream) const;
  double check_backward(const Run& run, double log_of_base, cudaStream_t stream) const;
  double check_forward(cudaStream_t stream) const;  // by our own kernels
  double check_backward(cudaStream_t stream) const;

 private:
  std::int64_t tokens_, heads_;
  Buffer q_, k_, v_, out_, sums_, d_out_, products_, dq_sums_, dq_, dk_, dv_;
};

}  // namespace foretrain::bench
