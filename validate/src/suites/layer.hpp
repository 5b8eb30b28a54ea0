#pragma once
// The suite layer: one layer of DeepSeek-V3 with its mixture of experts (layer_ops.hpp), each op alone and
// all of a pass one after the other. Every op has tensors of its own and is checked as in its own suite; one
// op's result is not the next one's input, so values do not drift. Needs about 32 GB of the GPU's memory
// while it runs.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "device/sampler.hpp"
#include "layer_ops.hpp"

namespace foretrain::bench {

// Keeps the ops of the row before, because making them takes seconds.
class Layer {
 public:
  // Throws Failure when one of the ops cannot run on this GPU, each time at once.
  void measure(Row& row, Sampler& sampler);
  void forget() { *this = {}; }  // and give the memory back

 private:
  struct Built {
    LayerOp op;
    std::function<void(cudaStream_t)> run;
    double error = 0;
  };
  void build(Sampler& sampler);
  static Built build_op(const LayerOp& op, std::uint64_t seed, Sampler& sampler);
  double worst_of(const std::vector<const Built*>& ops) const;

  std::vector<Built> ops_;
  std::string why_not_;
};

}  // namespace foretrain::bench
