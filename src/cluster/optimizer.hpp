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
// With plan.offload_optimizer states live in host memory (ZeRO-Offload, arXiv:2101.06840, sections 4 and 5.1;
// Megatron-Core's optimizer_cpu_offload): a GPU copies the reduced gradients of its share to the host, CPU
// Adam updates there, and BF16 weights come back tile by tile beside the update, so that the longer of the
// two shows. Where reduction is overlapped the copies are too, each unit's behind its reduction (tail.hpp);
// else all of it is exposed. Rates are the host's (hardware/host.hpp), which the GPUs of a node share. Left
// out: the first tile and the last copy, gradients that leave after every micro-batch, updates delayed by a
// step.
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
#include "cluster/slowdowns.hpp"
#include "hardware/gpu.hpp"
#include "hardware/host.hpp"
#include "model/transformer.hpp"
#include "network/transfer.hpp"
#include "plan/plan.hpp"
#include "topology/cluster.hpp"

namespace foretrain::cluster {

struct OptimizerTime {
  Seconds reduce_scatter, all_gather, compute;
  Seconds to_host, on_host;  // optimizer in host memory: gradients down; update and weights back
  double dense_parameters = 0,
         expert_parameters = 0;  // of this pipeline rank's stages, on one GPU, unsharded
  Seconds total() const { return reduce_scatter + all_gather + compute + to_host + on_host; }
};

struct OptimizerInputs {
  const model::TransformerSpec* model = nullptr;
  const hardware::GpuSpec* gpu = nullptr;
  const hardware::NicSpec* nic = nullptr;
  const topology::ClusterSpec* cluster = nullptr;
  const plan::PlanSpec* plan = nullptr;
  const plan::SoftwareSpec* software = nullptr;  // absent: the profile's defaults
  const hardware::HostSpec* host = nullptr;      // needed where the optimizer is in host memory
  const Slowdowns* slowdowns = nullptr;          // absent: nothing is slowed
  bool free_host = false;                        // copies and update there take no time
};

network::LinkSpeeds link_speeds(const hardware::GpuSpec& gpu, const hardware::NicSpec& nic);

OptimizerTime optimizer_time(const OptimizerInputs& inputs, const std::vector<model::Unit>& units);

// ZeRO 3: one unit's parameters gathered, and its gradients reduced and scattered, within a shard group.
struct ShardTimes {
  Seconds gather{}, scatter{};
};
ShardTimes shard_times(const OptimizerInputs& inputs, const network::LinkSpeeds& speeds, model::Unit unit);

// Why the end of such a step is not known; empty where it is.
std::string why_not_optimizer(const plan::PlanSpec& plan, const hardware::HostSpec* host);

// Bytes that CPU Adam reads and writes for a parameter: its state both ways, a gradient read, a weight
// written.
double adam_bytes(const plan::SoftwareSpec& software, double weight);

// Bytes of optimizer state, gradient and weight of one parameter.
struct StateBytes {
  double state = 8, gradient = 4, weight = 2;
};

// The memory-bound kernels of the update: gradient norm, AdamW on the local shard, weights written back and
// cast to FP8, gradients zeroed. Bytes counted from the state's types, by default FP32 master and gradient,
// BF16 moments. `held`: parameters whose whole gradients and weights are here. `on_host`: without AdamW
// itself.
std::vector<Kernel> list_optimizer_kernels(double parameters_held, double parameters_sharded,
                                           model::Precision precision, const StateBytes& bytes = {},
                                           bool on_host = false);

}  // namespace foretrain::cluster
