#include "cluster/optimizer.hpp"

#include "hardware/kernel_cost.hpp"
#include "network/priced.hpp"
#include "plan/parameters.hpp"

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
          .nvlink_latency = gpu.nvlink_latency.value,
          .ring_ib = nic.rings.value,
          .nccl = gpu.collectives};
}

std::vector<Kernel> list_optimizer_kernels(double held, double sharded, model::Precision precision,
                                           const StateBytes& b, bool on_host) {
  std::vector<Kernel> kernels{stream(sharded, b.gradient, 0)};  // gradient norm over the reduced shard
  if (!on_host)                                                 // AdamW: gradient and state -> state, weight
    kernels.push_back(stream(sharded, b.gradient + b.state, b.state + b.weight));
  kernels.push_back(stream(held, 0, b.gradient));  // gradients zeroed for the next step
  if (precision == model::Precision::fp8)
    kernels.push_back(stream(held, b.weight, 1));  // gathered BF16 -> FP8 copy
  return kernels;
}

namespace {

// Dense and expert parts are reduced among different GPUs, one after the other.
struct Groups {
  network::GroupShape dense, expert;
};
struct Speeds {
  network::LinkSpeeds dense, expert;
};
Seconds time_of(Pattern pattern, const plan::Parameters& parameters, double bytes_each, const Groups& groups,
                const Speeds& speeds) {
  return network::time_of(pattern, bytes(bytes_each * parameters.dense), groups.dense, speeds.dense) +
         network::time_of(pattern, bytes(bytes_each * parameters.expert), groups.expert, speeds.expert);
}

// Rails at what other rings leave of them.
Speeds speeds_of(const OptimizerInputs& in, const network::LinkSpeeds& speeds) {
  Speeds both{speeds, speeds};
  if (in.slowdowns == nullptr) return both;
  const auto slow = [&](network::LinkSpeeds& s, TrafficClass which) {
    s.ib = s.ib * in.slowdowns->kept(which);
    s.ring_ib = s.ring_ib * in.slowdowns->kept(which);
  };
  slow(both.dense, TrafficClass::gradients);
  slow(both.expert, TrafficClass::expert_gradients);
  return both;
}

// Replicas are `tensor` ranks apart, those of an expert as far as its group is wide.
Groups groups_of(const plan::PlanSpec& plan, std::int64_t gpus_per_node, const plan::Copies& sizes,
                 std::int64_t apart) {
  return {network::shape_of(sizes.dense, plan.tensor * apart, gpus_per_node),
          network::shape_of(sizes.expert, plan.expert * plan.expert_tensor, gpus_per_node)};
}

struct Reduction {
  Seconds reduce, gather;
};
Reduction reduction_of(const OptimizerInputs& in, const plan::SoftwareSpec& software, const Speeds& speeds,
                       const plan::Parameters& p) {
  const auto& plan = *in.plan;
  const auto gpn = in.cluster->nvlink_gpus();
  const double gradient = software.gradient_bytes.value;
  const Groups all = groups_of(plan, gpn, plan::copies_of(plan), 1);
  if (plan.zero == 0) return {time_of(Pattern::all_reduce, p, gradient, all, speeds), {}};
  if (plan.zero < 3)
    return {time_of(Pattern::reduce_scatter, p, gradient, all, speeds),
            time_of(Pattern::all_gather, p, plan::gathered_bytes(plan, software), all, speeds)};
  const auto shards = plan::shards_of(plan);
  const Groups across = groups_of(plan, gpn, {shards.dense_copies, shards.expert_copies}, shards.dense);
  const plan::Parameters share{p.dense / static_cast<double>(shards.dense),
                               p.expert / static_cast<double>(shards.expert)};
  return {time_of(Pattern::all_reduce, share, gradient, across, speeds), {}};
}

// Parameters whose state this GPU updates.
double updated(const plan::PlanSpec& plan, const plan::Parameters& held) {
  if (plan.zero == 0) return held.all();
  const auto shards = plan::shards_of(plan);
  const auto copies = plan::copies_of(plan);
  const double dense = static_cast<double>(plan.zero == 3 ? shards.dense : copies.dense);
  const double expert = static_cast<double>(plan.zero == 3 ? shards.expert : copies.expert);
  return held.dense / dense + held.expert / expert;
}

const plan::SoftwareSpec& software_of(const OptimizerInputs& in) {
  static const plan::SoftwareSpec defaults;
  return in.software != nullptr ? *in.software : defaults;
}

}  // namespace

ShardTimes shard_times(const OptimizerInputs& in, const network::LinkSpeeds& links, model::Unit unit) {
  const Speeds speeds = speeds_of(in, links);
  const auto& software = software_of(in);
  const auto shards = plan::shards_of(*in.plan);
  const Groups groups = groups_of(*in.plan, in.cluster->nvlink_gpus(), {shards.dense, shards.expert}, 1);
  const auto held = plan::parameters_on_gpu(*in.model, *in.plan, unit);
  return {time_of(Pattern::all_gather, held, plan::gathered_bytes(*in.plan, software), groups, speeds),
          time_of(Pattern::reduce_scatter, held, software.gradient_bytes.value, groups, speeds)};
}

std::string why_not_optimizer(const plan::PlanSpec& plan, const hardware::HostSpec* host) {
  if (!plan.offload_optimizer || host != nullptr) return "";
  return "the optimizer is in host memory, of which the cluster says nothing; cluster.host would settle it";
}

double adam_bytes(const plan::SoftwareSpec& software, double weight) {
  return 2 * software.optimizer_bytes.value + software.gradient_bytes.value + weight;
}

namespace {

void add_host(const OptimizerInputs& in, const plan::SoftwareSpec& software, double mine, double weight,
              OptimizerTime& time) {
  const auto& host = *in.host;
  const auto gpus = in.cluster->gpus_per_node;
  const auto share = hardware::link_share(host.to_gpu.value, host, gpus);
  time.to_host =
      bytes(software.gradient_bytes.value * mine) / hardware::link_share(host.to_host.value, host, gpus);
  time.on_host = std::max(bytes(adam_bytes(software, weight) * mine) / hardware::adam_share(host, gpus),
                          bytes(weight * mine) / share);
}

}  // namespace

OptimizerTime optimizer_time(const OptimizerInputs& in, const std::vector<model::Unit>& units) {
  const auto& software = software_of(in);
  plan::Parameters held;
  for (const model::Unit unit : units) {
    const auto p = plan::parameters_on_gpu(*in.model, *in.plan, unit);
    held.dense += p.dense;
    held.expert += p.expert;
  }
  OptimizerTime time;
  time.dense_parameters = held.dense;
  time.expert_parameters = held.expert;
  const auto reduction = reduction_of(in, software, speeds_of(in, link_speeds(*in.gpu, *in.nic)), held);
  time.reduce_scatter = reduction.reduce;
  time.all_gather = reduction.gather;
  const double mine = updated(*in.plan, held), whole = in.plan->zero == 3 ? mine : held.all();
  const StateBytes state{software.optimizer_bytes.value, software.gradient_bytes.value,
                         plan::gathered_bytes(*in.plan, software)};
  const bool on_host = in.plan->offload_optimizer;
  for (const Kernel& kernel : list_optimizer_kernels(whole, mine, in.plan->precision, state, on_host))
    time.compute += hardware::price(kernel, *in.gpu, {}).time;
  if (on_host && !in.free_host) add_host(in, software, mine, state.weight, time);
  return time;
}

}  // namespace foretrain::cluster
