#pragma once
// Causal attention by cuDNN, forward and gradient, what frameworks run, where the bench was built with it.
// cuDNN knows each as a graph of small operations that it recognises and runs as few kernels. With
// version 9.19 both graphs are taken, and engines for compute capability 9.0 compile them; none has run.

#include <memory>

#include "kernels/attention.hpp"

namespace foretrain::bench {

bool has_cudnn();

// Both throw Failure when cuDNN has no kernel for these sizes on this GPU.
class FusedAttention {
 public:
  FusedAttention(int tokens, int heads, float scale);
  ~FusedAttention();
  FusedAttention(const FusedAttention&) = delete;
  FusedAttention& operator=(const FusedAttention&) = delete;

  // q, k, v, out and sums of `work`; sums are natural logarithms.
  void run(const Attention& work, cudaStream_t stream) const;

 private:
  struct Graph;
  std::unique_ptr<Graph> graph_;
};

class FusedGradient {
 public:
  FusedGradient(int tokens, int heads, float scale);
  ~FusedGradient();
  FusedGradient(const FusedGradient&) = delete;
  FusedGradient& operator=(const FusedGradient&) = delete;

  // All of `work`: products, sums of dq and their rounding are part of it. Sums as FusedAttention leaves
  // them.
  void run(const Attention& work, cudaStream_t stream) const;

 private:
  struct Graph;
  std::unique_ptr<Graph> graph_;
};

}  // namespace foretrain::bench
