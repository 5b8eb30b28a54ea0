#pragma once
// The suite grouped: FP8 products of a mixture's experts by our own kernel (kernels/grouped.hpp), and beside
// each the dense product of the same size by cuBLASLt. Kernels named _uneven have groups of sizes drawn from
// a seed (grouped_tiles.hpp); rows of a file do not say which, so no curve is fitted to them.

#include "device/sampler.hpp"
#include "kernels/gemm_check.hpp"
#include "kernels/grouped.hpp"
#include "row.hpp"

namespace foretrain::bench {

void measure_grouped(Row& row, Sampler& sampler);

// Operands, scales and result of a grouped row, and the ends of its groups.
class GroupedProblem {
 public:
  GroupedProblem(const Row& row, std::uint64_t seed, cudaStream_t stream);

  GroupedPlan plan() const {
    return {work_, {a_.get(), b_.get(), scales_a_.as<float>(), scales_b_.as<float>(), d_.get()}};
  }

  // Runs the plan once on a poisoned result (on random numbers where it adds) and returns the largest of the
  // groups' relative errors.
  double check_by(const GroupedPlan& plan, int sms, cudaStream_t stream) const;

 private:
  Format format() const { return cuts_k_ ? Format::fp32 : Format::bf16; }
  ProductCheck of_group(std::int32_t group, const float* before) const;

  bool cuts_k_;
  std::vector<std::int32_t> ends_;
  Buffer offsets_;
  GroupedWork work_;
  Buffer a_, b_, scales_a_, scales_b_, d_;
};

}  // namespace foretrain::bench
