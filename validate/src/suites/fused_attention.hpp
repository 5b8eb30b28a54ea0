#pragma once
// Causal attention's forward pass by cuDNN, what frameworks run, where the bench was built with it. cuDNN
// knows it as a graph of small operations that it recognises and runs as one kernel: scores, scale, mask,
// softmax with its sums, and the product with the values. Left out: the gradient, whose graph nobody has
// tried here.

#include <memory>

#include "kernels/attention.hpp"

namespace foretrain::bench {

bool has_cudnn();

class FusedAttention {
 public:
  // Throws Failure when cuDNN has no kernel for these sizes on this GPU.
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

}  // namespace foretrain::bench
