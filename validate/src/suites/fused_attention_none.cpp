// Stands in for fused_attention.cpp where cuDNN was not found: the list then holds no row of it.

#include "device/failure.hpp"
#include "suites/fused_attention.hpp"

namespace foretrain::bench {

struct FusedAttention::Graph {};

bool has_cudnn() {
  return false;
}

FusedAttention::FusedAttention(int, int, float) {
  throw Failure("built without cuDNN");
}
FusedAttention::~FusedAttention() = default;
void FusedAttention::run(const Attention&, cudaStream_t) const {}

struct FusedGradient::Graph {};

FusedGradient::FusedGradient(int, int, float) {
  throw Failure("built without cuDNN");
}
FusedGradient::~FusedGradient() = default;
void FusedGradient::run(const Attention&, cudaStream_t) const {}

}  // namespace foretrain::bench
