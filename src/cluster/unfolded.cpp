#include "cluster/unfolded.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "cluster/index.hpp"
#include "cluster/routed_loads.hpp"
#include "cluster/traits.hpp"

namespace foretrain::cluster {
namespace {

// Every kind of chunk of the program, priced for GPUs that are alike.
void add_kinds(const Prepared& prepared, const ChunkPools& pools, const plan::Program& program,
               UnfoldedStep& step) {
  ChunkInputs inputs = prepared.inputs;
  inputs.routing_spread = inputs.kernel_jitter = inputs.gpu_spread = 0;
  inputs.attention_loads.clear();
  std::map<ChunkKey, std::uint16_t> numbers;
  for (const auto& list : program.per_rank) {
    auto& kinds = step.plan.kind_of.emplace_back();
    kinds.reserve(list.size());
    for (const auto& instruction : list) {
      const ChunkKey key = pools.key_of(instruction);
      const auto [found, added] = numbers.try_emplace(key, static_cast<std::uint16_t>(numbers.size()));
      if (added) step.works.push_back(group_work(inputs, prepared.prices, pools, key, 1));
      kinds.push_back(found->second);
    }
  }
  for (const GroupWork& work : step.works) step.plan.kinds.push_back(plan_streams(work));
}

// Gradients travel as fast as the slowest NIC of those that hold the same parameters: under a mirrored
// schedule those of the opposite rank too.
void find_slowest_nics(const StepSpec& spec, UnfoldedStep& step) {
  const auto ranks = index(step.shape.ranks);
  step.slowest_nic.assign(ranks, 1);
  if (step.shape.gpus_per_rank <= step.shape.per_node) return;  // they meet over NVLink
  for (std::size_t i = 0; i < step.traits.size(); ++i) {
    auto& slowest = step.slowest_nic[i % ranks];
    slowest = std::min(slowest, step.traits[i].nic);
  }
  if (spec.plan->schedule != plan::Schedule::dualpipe) return;
  for (std::size_t r = 0; r < ranks; ++r)
    step.slowest_nic[r] = std::min(step.slowest_nic[r], step.slowest_nic[ranks - 1 - r]);
}

// What the end of the step reads, with the collectives of a rank prolonged by its slowest NIC.
Prepared with_slow_nics(const Prepared& prepared, const UnfoldedStep& step) {
  Prepared slowed;
  slowed.inputs = prepared.inputs;
  slowed.prices = prepared.prices;
  slowed.buckets = prepared.buckets;
  slowed.optimizer = prepared.optimizer;
  for (std::size_t r = 0; r < slowed.optimizer.size(); ++r) {
    auto& time = slowed.optimizer[r];
    time.reduce_scatter = time.reduce_scatter / step.slowest_nic[r];
    time.all_gather = time.all_gather / step.slowest_nic[r];
  }
  const double worst = *std::min_element(step.slowest_nic.begin(), step.slowest_nic.end());
  for (auto& time : slowed.buckets.reduce) time = time / worst;
  for (auto& time : slowed.buckets.gather) time = time / worst;
  return slowed;
}

// One replica's rows, by rank and summed over its GPUs.
void add_rows(const ReplicaWork& work, const ReplicaResult& result, std::int64_t replicas,
              std::vector<Breakdown>& sums) {
  for (std::size_t id = 0; id < result.rows.size(); ++id) {
    const Breakdown& row = result.rows[id];
    Breakdown& sum = sums[id % sums.size()];
    const double n = static_cast<double>(work.count[id / sums.size()]) * static_cast<double>(replicas);
    sum.forward += row.forward * n;
    sum.backward += row.backward * n;
    sum.weight += row.weight * n;
    sum.overlapped += row.overlapped * n;
    sum.exposed_communication += row.exposed_communication * n;
  }
}

// Sums become means, and what is left of the step is the bubble.
std::vector<Breakdown> rows_of(std::vector<Breakdown> sums, double lanes, Seconds span, Seconds end) {
  for (Breakdown& row : sums) {
    row = {row.forward / lanes,
           row.backward / lanes,
           row.weight / lanes,
           row.overlapped / lanes,
           {},
           end,
           row.exposed_communication / lanes};
    row.bubble = span - row.forward - row.backward - row.weight - row.overlapped;
  }
  return sums;
}

}  // namespace

ClusterShape shape_of(const StepSpec& spec, const ChunkInputs& inputs, const plan::Program& program) {
  const auto& plan = *spec.plan;
  ClusterShape shape;
  shape.ranks = static_cast<std::int64_t>(program.per_rank.size());
  shape.gpus_per_rank = plan.data * plan.context * plan.tensor;
  shape.per_lane = std::max(1, inputs.collective_ranks / inputs.exchange_ranks);
  shape.per_group = inputs.exchange_ranks * shape.per_lane;
  shape.per_replica = std::max<std::int64_t>(inputs.group_ranks, shape.per_group);
  shape.per_node = inputs.ranks_per_node;
  return shape;
}

std::string why_not_unfold(const StepSpec& spec, const ChunkInputs& inputs, const plan::Program& program) {
  const ClusterShape s = shape_of(spec, inputs, program);
  if (s.gpus_per_rank % s.per_replica == 0 && s.per_replica % s.per_group == 0 &&
      s.per_group % s.per_lane == 0)
    return "";
  return fmt::format("groups of {}, {} and {} GPUs do not fill one another among the {} of a pipeline rank",
                     s.per_lane, s.per_group, s.per_replica, s.gpus_per_rank);
}

UnfoldedStep unfold(const StepSpec& spec, const Prepared& prepared, const ChunkPools& pools,
                    const plan::Program& program, const Unevenness& unevenness) {
  UnfoldedStep step;
  step.shape = shape_of(spec, prepared.inputs, program);
  add_kinds(prepared, pools, program, step);
  step.plan.program = &program;
  step.plan.p2p = prepared.p2p;
  step.plan.over_nics = prepared.hop.leaves_node;
  step.plan.layers = most_routed_layers(prepared.inputs);
  step.plan.kernel_jitter = prepared.inputs.kernel_jitter;
  step.plan.meeting = static_cast<std::int32_t>(step.shape.per_lane);
  step.plan.seed = spec.seed;
  step.plan.attention_loads = prepared.inputs.attention_loads;
  step.plan.sharing = std::max(1, prepared.inputs.collective_ranks / step.plan.meeting);
  step.traits = list_traits(step.shape, prepared.inputs, unevenness.faults);
  find_slowest_nics(spec, step);
  step.experts = list_experts(spec, prepared.inputs, unevenness.popularity);
  step.alike = prepared.inputs.kernel_jitter <= 0 && prepared.inputs.gpu_spread <= 0 &&
               prepared.inputs.attention_loads.empty() && !step.experts.drawn;
  const auto width = static_cast<std::ptrdiff_t>(index(step.shape.lanes() * step.shape.ranks));
  const auto begin = [&](std::int64_t replica) { return step.traits.begin() + replica * width; };
  for (std::int64_t r = 0; r < step.shape.replicas(); ++r) {
    const auto same = [&](const ReplicaShare& other) {
      return step.alike && std::equal(begin(r), begin(r) + width, begin(other.first));
    };
    const auto found = std::find_if(step.replicas.begin(), step.replicas.end(), same);
    if (found != step.replicas.end())
      ++found->count;
    else
      step.replicas.push_back({static_cast<std::int32_t>(r), 1});
  }
  return step;
}

ReplicaWork replica_work(const StepSpec& spec, const Prepared& prepared, const UnfoldedStep& step,
                         const ReplicaShare& replica, bool fold) {
  const ClusterShape& shape = step.shape;
  const auto ranks = index(shape.ranks);
  const GpuTraits* traits = step.traits.data() + index(replica.first * shape.lanes()) * ranks;
  ReplicaWork work;
  work.number = replica.first;
  for (std::int64_t lane = 0; lane < shape.lanes(); ++lane) {
    const GpuTraits* mine = traits + index(lane) * ranks;
    const auto group = static_cast<std::uint32_t>(lane * shape.per_lane / shape.per_group);
    std::size_t like = work.count.size();
    for (std::size_t k = 0; k < work.count.size() && step.alike && fold; ++k)
      if (work.group[k] == group && std::equal(mine, mine + ranks, work.gpus.data() + k * ranks)) like = k;
    if (like < work.count.size()) {
      ++work.count[like];
      continue;
    }
    work.count.push_back(1);
    work.lane.push_back(static_cast<std::uint32_t>(lane));
    work.group.push_back(group);
    work.gpus.insert(work.gpus.end(), mine, mine + ranks);
  }
  work.loads = draw_loads(spec, prepared.inputs, step, work);
  return work;
}

UnfoldedResult combine(const StepSpec& spec, const Prepared& prepared, const UnfoldedStep& step,
                       const std::vector<const ReplicaPart*>& parts) {
  check(parts.size() == step.replicas.size(), "a result for each replica");
  UnfoldedResult out;
  const auto ranks = index(step.shape.ranks);
  out.gpus = step.shape.ranks * step.shape.gpus_per_rank;
  for (std::size_t r = 0; r < parts.size(); ++r)
    if (parts[r]->result.timeline.makespan > out.makespan) {
      out.makespan = parts[r]->result.timeline.makespan;
      out.slowest = r;
    }
  const Prepared slowed = with_slow_nics(prepared, step);
  StepEnd end;
  std::vector<Breakdown> sums(ranks);
  for (std::size_t r = 0; r < parts.size(); ++r) {
    const Timeline& timeline = parts[r]->result.timeline;
    const StepEnd mine = end_of_step(spec, slowed, *step.plan.program, timeline, out.makespan);
    end.slowest = std::max(end.slowest, mine.slowest);
    end.reduction = std::max(end.reduction, mine.reduction);
    end.gather = std::max(end.gather, mine.gather);
    add_rows(parts[r]->work, parts[r]->result, step.replicas[r].count, sums);
    out.simulated += static_cast<std::int64_t>(parts[r]->work.gpus.size());
    out.events += timeline.events;
    out.bytes += parts[r]->result.bytes;
    out.fingerprint = hash_number(timeline.fingerprint, out.fingerprint);
  }
  const Seconds span = sim::to_seconds(out.makespan);
  out.step_time = span + end.total();
  out.end = end.total();
  const auto lanes = static_cast<double>(step.shape.replicas() * step.shape.lanes());
  out.ranks = rows_of(std::move(sums), lanes, span, out.end);
  out.mean = mean_of(out.ranks);
  return out;
}

}  // namespace foretrain::cluster
