#include "cluster/step.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "cluster/pipeline_metrics.hpp"
#include "cluster/step_inputs.hpp"
#include "hardware/kernel_cost.hpp"
#include "topology/uplinks.hpp"

namespace foretrain::cluster {
namespace {

bool has_pairs(plan::Schedule s) {
  return s == plan::Schedule::dualpipe || s == plan::Schedule::dualpipe_v;
}

// Stages that live on a pipeline rank, one after the other: under a mirrored schedule the opposite one too,
// and with virtual stages every so manieth.
std::vector<std::size_t> stages_held(const plan::PlanSpec& plan, std::size_t rank) {
  const std::size_t count = plan.stages.size();
  if (has_pairs(plan.schedule)) return {rank, count - 1 - rank};
  const auto ranks =
      count / static_cast<std::size_t>(plan::stages_per_rank(plan.schedule, plan.virtual_stages));
  std::vector<std::size_t> held;
  for (std::size_t s = rank; s < count; s += ranks) held.push_back(s);
  return held;
}

std::vector<model::Unit> units_held(const plan::PlanSpec& plan, std::size_t rank) {
  std::vector<model::Unit> units;
  for (const std::size_t stage : stages_held(plan, rank))
    units.insert(units.end(), plan.stages[stage].begin(), plan.stages[stage].end());
  return units;
}

std::int32_t groups_of(const StepSpec& spec, const ChunkInputs& inputs) {
  if (inputs.identical()) return 1;  // folded: nothing tells the replicas apart
  const auto& p = *spec.plan;
  return static_cast<std::int32_t>(
      std::max<std::int64_t>(1, p.data * p.context * p.tensor / inputs.group_ranks));
}

// Groups whose pipelines are run: a few, fewer where one is long.
std::size_t lanes_of(const plan::Program& program) {
  constexpr std::size_t most = 4, instructions = 120'000;
  std::size_t one = 0;
  for (const auto& list : program.per_rank) one += list.size();
  return std::clamp<std::size_t>(instructions / std::max<std::size_t>(one, 1), 1, most);
}

hardware::GpuSpec without(hardware::GpuSpec gpu, const Switches& off) {
  if (off.free_launches) gpu.launch_gap.value = seconds(0);
  return off.full_clock ? hardware::at_full_clock(std::move(gpu)) : gpu;
}

}  // namespace

network::TokenSpread token_spread(const StepSpec& spec) {
  const auto& moe = spec.model->moe;
  if (moe.experts == 0) return {};
  const std::int64_t node = spec.cluster->nvlink_gpus(), expert = spec.plan->expert;
  const bool even = spec.plan->expert_tensor == 1 && (expert <= node || expert % node == 0);
  return network::spread_of(
      {.experts = moe.experts,
       .top_k = moe.top_k,
       .groups = moe.groups,
       .top_groups = moe.top_groups,
       .expert_parallel = expert,
       .gpus_per_node =
           even ? node : network::shape_of(expert, spec.plan->expert_tensor, node).gpus_per_node},
      Rng(spec.seed, "token spread"));
}

std::string why_not_step(const StepSpec& spec) {
  return why_not_optimizer(*spec.plan, spec.host);
}

namespace {

ChunkInputs chunk_inputs(const StepSpec& spec, const network::TokenSpread& spread,
                         const network::LinkSpeeds& speeds) {
  const auto& plan = *spec.plan;
  const auto& software = *spec.software;
  ChunkInputs in;
  in.model = spec.model;
  in.gpu = spec.gpu;
  in.work = work_of(spec, spread);
  in.unpadded_rows = unpadded_rows(spec, in.work);
  in.stages = plan.stages;
  const bool meets = plan.expert > 1 && !spec.off.free_barrier && !spec.off.free_exchange;
  in.barrier = meets ? software.barrier.value : seconds(0);
  in.communication_sms = spec.off.whole_gpu ? 0 : software.communication_sms.value;
  in.nccl_sms = spec.off.whole_gpu ? 0 : software.nccl_sms.value;
  const double taken = spec.off.private_hbm || spec.off.free_exchange ? 0 : software.exchange_hbm.value;
  in.hbm_taken_alone = in.hbm_taken_beside = taken;
  in.gpu_spread = spec.off.equal_gpus ? 0 : spec.gpu->gpu_spread.value;
  in.kernel_jitter = spec.off.steady_kernels ? 0 : software.kernel_jitter.value;
  if (!spec.off.even_documents) in.attention_loads = spec.attention_loads;
  in.routing_spread =
      spec.off.balanced_routing || plan.capacity_factor > 0 ? 0 : software.routing_spread.value;
  in.sources = spec.off.sources;
  in.seed = spec.seed;
  in.repetitions = spec.repetitions;
  in.collectives = collectives_of(plan, software, speeds, spec.cluster->nvlink_gpus());
  in.collectives.free = spec.off.free_tensor;
  in.host_launch = spec.off.free_launches ? seconds(0) : software.host_launch.value;
  in.host_recompute = spec.off.free_launches ? seconds(0) : software.host_recompute.value;
  in.graphs = software.graphs;
  in.pairs = has_pairs(plan.schedule) || has_pairs(plan.fallback);
  add_groups(spec, in);
  add_exchange(spec, spread, speeds, in);
  add_context(spec, speeds, in);
  add_sharding(spec, speeds, in);
  return in;
}

// A message holds a micro-batch's activations. A tensor group holds them in parts, or, without sequence
// parallelism, whole on each GPU: then each sends its part and the parts are gathered over NVLink on arrival
// (arXiv:2104.04473, section 4.1).
void add_messages(const StepSpec& spec, const network::LinkSpeeds& speeds, Prepared& p) {
  const auto& plan = *spec.plan;
  const Bytes whole = size_of(DType::bf16) * static_cast<double>(p.inputs.work.tokens * spec.model->hidden);
  p.p2p_bytes = whole / static_cast<double>(plan.tensor);
  if (!spec.off.free_p2p) {
    const Seconds rail =
        p.hop.over_spine ? spec.nic->latency_cross_leaf.value : spec.nic->latency_same_leaf.value;
    Seconds latency = p.hop.leaves_node ? rail : speeds.nvlink_latency;
    if (!p.inputs.work.sequence_parallel)
      latency += network::time_of(Pattern::all_gather, whole, p.inputs.collectives.tensor, speeds);
    p.p2p.latency = sim::to_ticks(latency);
    const double kept = spec.slowdowns != nullptr
                            ? spec.slowdowns->kept(TrafficClass::pipeline)
                            : topology::share_of_shift(*spec.cluster, plan.data * plan.context * plan.tensor);
    p.p2p.wire = sim::to_ticks(p.p2p_bytes / (p.hop.leaves_node ? speeds.ib * kept : speeds.nvlink));
  }
  p.p2p.sender_waits = spec.software->p2p_waits.value && !plan.overlap.p2p;
}

void add_optimizer(const StepSpec& spec, Prepared& p) {
  const auto& plan = *spec.plan;
  const OptimizerInputs inputs{.model = spec.model,
                               .gpu = spec.gpu,
                               .nic = spec.nic,
                               .cluster = spec.cluster,
                               .plan = spec.plan,
                               .software = spec.software,
                               .host = spec.host,
                               .slowdowns = spec.slowdowns,
                               .free_host = spec.off.free_host};
  const auto ranks = plan.stages.size() /
                     static_cast<std::size_t>(plan::stages_per_rank(plan.schedule, plan.virtual_stages));
  for (std::size_t r = 0; r < ranks; ++r)
    p.optimizer.push_back(spec.off.free_optimizer ? OptimizerTime{}
                                                  : optimizer_time(inputs, units_held(plan, r)));
  if (!plan.overlap.gradients && !plan.overlap.parameters) return;
  for (std::size_t u = 0; u < model::unit_count; ++u) {
    const auto time =
        spec.off.free_optimizer ? OptimizerTime{} : optimizer_time(inputs, {static_cast<model::Unit>(u)});
    p.buckets.reduce.push_back(time.reduce_scatter);
    p.buckets.gather.push_back(time.all_gather);
    p.buckets.to_host.push_back(time.to_host);
  }
}

}  // namespace

Prepared prepare(const StepSpec& given) {
  Prepared p;
  StepSpec spec = given;
  const hardware::GpuSpec gpu = without(*given.gpu, given.off);
  spec.gpu = &gpu;
  p.spread = spec.spread ? *spec.spread : token_spread(spec);
  const auto speeds = link_speeds(*spec.gpu, *spec.nic);
  p.inputs = chunk_inputs(spec, p.spread, speeds);
  p.prices = price_units(p.inputs);
  p.inputs.gpu = given.gpu;  // the local copy ends here; prices keep what was asked of it
  p.hop = spec.hop ? *spec.hop : pipeline_hop(*spec.cluster, *spec.gpu, *spec.nic, *spec.plan).value();
  add_messages(spec, speeds, p);
  add_optimizer(spec, p);
  return p;
}

ScheduleChoice choose_schedule(const plan::PlanSpec& plan, std::int64_t micro_batches) {
  const auto stages = static_cast<std::int64_t>(plan.stages.size());
  const std::string reason = plan::why_not(plan.schedule, stages, micro_batches, plan.virtual_stages);
  if (reason.empty()) return {plan.schedule, "", true};
  const std::string fallback = plan::why_not(plan.fallback, stages, micro_batches, plan.virtual_stages);
  if (fallback.empty()) return {plan.fallback, reason, true};
  return {plan.fallback, reason + "; nor can the fallback: " + fallback, false};
}

StepEnd end_of_step(const StepSpec& spec, const Prepared& prepared, const plan::Program& program,
                    const Timeline& timeline, sim::SimTime ended) {
  const auto& overlap = spec.plan->overlap;
  StepEnd end;
  for (const auto& time : prepared.optimizer) {
    Seconds rest = time.total();
    if (overlap.gradients) rest = rest - time.reduce_scatter - time.to_host;
    if (overlap.parameters) rest = rest - time.all_gather;
    end.slowest = std::max(end.slowest, rest);
  }
  for (std::size_t lane = 0; lane < timeline.spans.size(); ++lane) {
    if (overlap.gradients)
      end.reduction = std::max(end.reduction, exposed_reduction(prepared.inputs, prepared.prices, program,
                                                                timeline, prepared.buckets, lane, ended));
    if (overlap.parameters)
      end.gather = std::max(end.gather, exposed_gather(prepared.inputs, prepared.prices, program, timeline,
                                                       prepared.buckets, lane));
  }
  return end;
}

StepResult simulate_step(const StepSpec& spec, const Prepared& prepared, const ChunkPools& pools,
                         const plan::Program& program, const ScheduleChoice& choice) {
  check(choice.possible, "a schedule that can run");
  StepResult result;
  result.schedule = choice.schedule;
  result.fallback_reason = choice.reason;
  result.micro_batches = program.micro_batches;
  result.program = program;
  const auto groups =
      slowest_groups(prepared.inputs, pools, program, groups_of(spec, prepared.inputs), lanes_of(program));
  result.durations = list_durations(prepared.inputs, pools, program, groups);
  result.timeline = simulate(program, result.durations, prepared.p2p, {static_cast<int>(groups.size()), 1});
  const auto metrics = measure(program, result.timeline);
  const Seconds optimizer =
      end_of_step(spec, prepared, program, result.timeline, result.timeline.makespan).total();
  const Seconds span = sim::to_seconds(result.timeline.makespan);
  result.step_time = span + optimizer;
  for (std::size_t r = 0; r < program.per_rank.size(); ++r) {
    Breakdown row;
    const auto& list = program.per_rank[r];
    sim::Ticks idle = result.timeline.makespan - sim::SimTime{};
    for (std::size_t i = 0; i < list.size(); ++i) {
      idle -= result.durations[0][r][i];
      book(pools.sample_of(program, spec.seed, groups[0], r, i), result.durations[0][r][i], list[i].action,
           row);
    }
    row.optimizer = optimizer;
    row.bubble = sim::to_seconds(idle);
    result.ranks.push_back(row);
    result.peak_in_flight.push_back(metrics[r].peak_activations);
  }
  result.mean = mean_of(result.ranks);
  result.events = pools.events + result.timeline.events;
  result.fingerprint = hash_number(result.timeline.fingerprint, pools.fingerprint);
  return result;
}

}  // namespace foretrain::cluster
