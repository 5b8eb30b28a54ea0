#pragma once
// The end of a step on one pipeline rank: gradients are reduced over the replicas and the mirrored DualPipe
// copies, the optimizer steps on its share, and the new weights are gathered.
//
//   ZeRO 0     all-reduce; every replica updates all it holds
//   ZeRO 1, 2  reduce-scatter, update of the share, all-gather. A ZeRO 2 that reduces after every micro-batch
//              moves more; here both reduce once a step
//   ZeRO 3     gradients were scattered chunk by chunk (segments.hpp), and weights stay shared; with several
//              shard groups their shares are all-reduced here (hybrid sharding, arXiv:2304.11277,
//              section 3.2)
//
// Expert gradients reduce over the replicas of an expert, all others over every GPU that holds the stage
// (plan/parameters.hpp). Bytes a parameter come from the software profile. What of it runs beside compute is
// told by tail.hpp. Left out: gradients of norms under sequence parallelism, which the tensor group reduces
// too (a ten-thousandth of the parameters).

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
  double dense_parameters = 0,
         expert_parameters = 0;  // of this pipeline rank's stages, on one GPU, unsharded
  Seconds total() const { return reduce_scatter + all_gather + compute; }
};

struct OptimizerInputs {
  const model::TransformerSpec* model = nullptr;
  const hardware::GpuSpec* gpu = nullptr;
  const hardware::NicSpec* nic = nullptr;
  const topology::ClusterSpec* cluster = nullptr;
  const plan::PlanSpec* plan = nullptr;
  const plan::SoftwareSpec* software = nullptr;  // absent: the profile's defaults
};

network::LinkSpeeds link_speeds(const hardware::GpuSpec& gpu, const hardware::NicSpec& nic);

OptimizerTime optimizer_time(const OptimizerInputs& inputs, const std::vector<model::Unit>& units);

// ZeRO 3: one unit's parameters gathered, and its gradients reduced and scattered, within a shard group.
struct ShardTimes {
  Seconds gather{}, scatter{};
};
ShardTimes shard_times(const OptimizerInputs& inputs, const network::LinkSpeeds& speeds, model::Unit unit);

// Why the end of such a step is not known; empty where it is.
std::string why_not_optimizer(const plan::PlanSpec& plan);

// Bytes of optimizer state, gradient and weight of one parameter.
struct StateBytes {
  double state = 8, gradient = 4, weight = 2;
};

// The memory-bound kernels of the update: gradient norm, AdamW on the local shard, weights written back and
// cast to FP8, gradients zeroed. Bytes counted from the state's types, by default FP32 master and gradient,
// BF16 moments. `held`: parameters whose whole gradients and weights are here.
std::vector<Kernel> list_optimizer_kernels(double parameters_held, double parameters_sharded,
                                           model::Precision precision, const StateBytes& bytes = {});

}  // namespace foretrain::cluster
