#pragma once
// Grouped FP8 matrix products on Hopper, the kernel of a mixture of experts: E4M3 operands with scales for
// each 128 of k, FP32 sums that leave the tensor cores every 128 of k to be scaled and added up
// (arXiv:2412.19437, section 3.3.2). Persistent thread blocks; one warp has tiles copied to shared memory,
// four stages ahead, two warpgroups multiply. The arithmetic of addresses is in grouped_tiles.hpp. Own work,
// in the outline of deepseek-ai/DeepGEMM (README).
//
// Left out: clusters and multicast, other tiles than 256 x 128, and any GPU but compute capability 9.0.

#include <cuda_runtime.h>

#include <memory>

#include "grouped_tiles.hpp"

namespace foretrain::bench {

// Groups of rows: b[groups][n][k] with scales_b for blocks of 128 x 128, d[m][n] in BF16, written.
// Groups of k: b[n][k] with scales_b for 128 of k of a row, d[groups][m][n] in FP32, added to.
struct GroupedTensors {
  const void* a = nullptr;  // [m][k]
  const void* b = nullptr;
  const float* scales_a = nullptr;  // [k / 128][m]
  const float* scales_b = nullptr;
  void* d = nullptr;
};

// Tensors described for the copy engine, ready to be launched often. `work.offsets` lies on the GPU.
class GroupedPlan {
 public:
  GroupedPlan(const GroupedWork& work, const GroupedTensors& tensors);
  ~GroupedPlan();
  GroupedPlan(GroupedPlan&&) noexcept;

  void run(int sms, cudaStream_t stream) const;  // one thread block an SM

 private:
  struct Maps;
  GroupedWork work_;
  GroupedTensors tensors_;
  std::unique_ptr<Maps> maps_;
};

}  // namespace foretrain::bench
