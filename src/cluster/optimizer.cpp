#include "cluster/optimizer.hpp"

#include <algorithm>

#include "hardware/kernel_cost.hpp"
#include "network/collective.hpp"

namespace foretrain::cluster {
namespace {

Kernel stream(double parameters, double read_bytes, double written_bytes) {
  Kernel kernel;
  kernel.family = Family::optimizer;
  kernel.dtype = DType::fp32;
  kernel.m = 1;
  kernel.n = static_cast<std::int64_t>(parameters);
  kernel.read = bytes(read_bytes * parameters);
  kernel.written = bytes(written_bytes * parameters);
  return kernel;
}

}  // namespace

network::LinkSpeeds link_speeds(const hardware::GpuSpec& gpu, const hardware::NicSpec& nic) {
  return {.ib = nic.achieved.value,
          .nvlink = gpu.nvlink_achieved.value,
          .ib_latency = nic.latency_cross_leaf.value,
          .nvlink_latency = gpu.nvlink_latency.value};
}

std::vector<Kernel> list_optimizer_kernels(double held, double sharded, model::Precision precision) {
  std::vector<Kernel> kernels{
      stream(sharded, 4, 0),  // gradient norm over the reduced shard
      stream(sharded, 4 + 4 + 2 + 2,
             4 + 2 + 2 + 2),  // AdamW: gradient, master, two moments -> three and the weight
      stream(held, 0, 4),     // FP32 gradients zeroed for the next step
  };
  if (precision == model::Precision::fp8) kernels.push_back(stream(held, 2, 1));  // gathered BF16 -> FP8 copy
  return kernels;
}

OptimizerTime optimizer_time(const OptimizerInputs& in, const std::vector<model::Unit>& units) {
  OptimizerTime time;
  for (const model::Unit unit : units) {
    const double expert = model::count_expert_parameters(*in.model, unit);
    time.expert_parameters += expert / static_cast<double>(in.plan->expert);
    time.dense_parameters += model::count_parameters(*in.model, unit) - expert;
  }
  const bool mirrored = in.plan->schedule == plan::Schedule::dualpipe;
  const std::int64_t holders = in.plan->data * in.plan->context * (mirrored ? 2 : 1);
  const std::int64_t per_node = std::min(in.cluster->gpus_per_node, holders);
  const auto speeds = link_speeds(*in.gpu, *in.nic);
  // The GPUs that share all parameters fill whole nodes; the replicas of one expert sit one to a node where
  // expert parallelism spans at least a node.
  const network::GroupShape dense{per_node, std::max<std::int64_t>(1, holders / per_node)};
  const std::int64_t replicas = std::max<std::int64_t>(1, holders / in.plan->expert);
  const std::int64_t together =
      std::clamp<std::int64_t>(in.cluster->gpus_per_node / in.plan->expert, 1, replicas);
  const network::GroupShape expert{together, std::max<std::int64_t>(1, replicas / together)};
  const auto reduce = [&](double parameters, const network::GroupShape& group) {
    return network::time_of_reduce_scatter(bytes(4 * parameters), group, speeds);
  };
  const auto gather = [&](double parameters, const network::GroupShape& group) {
    return network::time_of_all_gather(bytes(2 * parameters), group, speeds);
  };
  time.reduce_scatter = reduce(time.dense_parameters, dense) + reduce(time.expert_parameters, expert);
  time.all_gather = gather(time.dense_parameters, dense) + gather(time.expert_parameters, expert);
  const double held = time.dense_parameters + time.expert_parameters;
  const double sharded = in.plan->zero == 0 ? held
                                            : time.dense_parameters / static_cast<double>(holders) +
                                                  time.expert_parameters / static_cast<double>(replicas);
  for (const Kernel& kernel : list_optimizer_kernels(held, sharded, in.plan->precision))
    time.compute += hardware::price(kernel, *in.gpu, {}).time;
  return time;
}

}  // namespace foretrain::cluster
