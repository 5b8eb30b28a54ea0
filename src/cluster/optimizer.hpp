#pragma once
// The end of a step on one pipeline rank: gradients are reduced over the data-parallel replicas and the
// mirrored DualPipe copies, the sharded optimizer steps, and the new weights are gathered (ZeRO stage 1).
//
// Expert gradients reduce over the replicas of an expert (2 * data * context / expert under DualPipe), all
// others over every GPU that holds the stage (2 * data * context). FP32 reduce-scatter, BF16 all-gather. Not
// overlapped with compute: the reduction starts when the last weight gradient is done.

#include <cstdint>
#include <string>
#include <vector>

#include "base/kernel.hpp"
#include "base/units.hpp"
#include "hardware/gpu.hpp"
#include "model/transformer.hpp"
#include "network/transfer.hpp"
#include "plan/plan.hpp"
#include "topology/cluster.hpp"

namespace foretrain::cluster {

struct OptimizerTime {
  Seconds reduce_scatter, all_gather, compute;
  double dense_parameters = 0, expert_parameters = 0;  // held by one GPU of this pipeline rank
  Seconds total() const { return reduce_scatter + all_gather + compute; }
};

struct OptimizerInputs {
  const model::TransformerSpec* model = nullptr;
  const hardware::GpuSpec* gpu = nullptr;
  const hardware::NicSpec* nic = nullptr;
  const topology::ClusterSpec* cluster = nullptr;
  const plan::PlanSpec* plan = nullptr;
};

network::LinkSpeeds link_speeds(const hardware::GpuSpec& gpu, const hardware::NicSpec& nic);

OptimizerTime optimizer_time(const OptimizerInputs& inputs, const std::vector<model::Unit>& units);

// The memory-bound kernels of the update: gradient norm, AdamW on the local shard, weights written back and
// cast to FP8, gradients zeroed. Bytes counted from the state's types: FP32 master and gradient, BF16
// moments.
std::vector<Kernel> list_optimizer_kernels(double parameters_held, double parameters_sharded,
                                           model::Precision precision);

}  // namespace foretrain::cluster
