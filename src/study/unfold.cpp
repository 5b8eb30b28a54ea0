#include "study/unfold.hpp"

#include <algorithm>

#include "cluster/critical_path.hpp"

#include "study/parallel.hpp"

namespace foretrain::study {
namespace {

cluster::ReplicaPart simulate(const SteadyStep& base, const cluster::UnfoldedStep& step,
                              const cluster::ReplicaShare& replica, bool record = false) {
  cluster::ReplicaPart part;
  part.work = cluster::replica_work(base.spec, base.prepared, step, replica);
  part.result = cluster::simulate_replica(step.plan, part.work, record);
  return part;
}

// Whether a replica is the same in both, so that its result can be taken over.
bool same_traits(const cluster::UnfoldedStep& a, const cluster::UnfoldedStep& b, std::int32_t replica) {
  const auto width = static_cast<std::ptrdiff_t>(a.shape.lanes() * a.shape.ranks);
  return std::equal(a.traits.begin() + replica * width, a.traits.begin() + (replica + 1) * width,
                    b.traits.begin() + replica * width);
}

}  // namespace

cluster::Unevenness unevenness_of(const spec::Scenario& scenario) {
  return {scenario.faults, scenario.popularity};
}

Unfolding unfold(const SteadyStep& base, const cluster::Unevenness& unevenness, unsigned threads) {
  Unfolding u;
  u.step = cluster::unfold(base.spec, base.prepared, base.pools, base.program, unevenness);
  u.parts.resize(u.step.replicas.size());
  for_each_of(u.parts.size(), threads,
              [&](std::size_t i) { u.parts[i] = simulate(base, u.step, u.step.replicas[i]); });
  std::vector<const cluster::ReplicaPart*> parts;
  for (const auto& part : u.parts) parts.push_back(&part);
  u.result = cluster::combine(base.spec, base.prepared, u.step, parts);
  return u;
}

cluster::UnfoldedResult with_faults(const SteadyStep& base, const Unfolding& before,
                                    const cluster::Unevenness& unevenness) {
  const auto step = cluster::unfold(base.spec, base.prepared, base.pools, base.program, unevenness);
  std::vector<cluster::ReplicaPart> fresh(step.replicas.size());
  std::vector<const cluster::ReplicaPart*> parts;
  for (std::size_t i = 0; i < step.replicas.size(); ++i) {
    const auto& replica = step.replicas[i];
    const auto known =
        std::find_if(before.step.replicas.begin(), before.step.replicas.end(), [&](const auto& other) {
          return other.first == replica.first && same_traits(before.step, step, replica.first);
        });
    if (known != before.step.replicas.end()) {
      parts.push_back(&before.parts[static_cast<std::size_t>(known - before.step.replicas.begin())]);
      continue;
    }
    fresh[i] = simulate(base, step, replica);
    parts.push_back(&fresh[i]);
  }
  return cluster::combine(base.spec, base.prepared, step, parts);
}

UnfoldOutcome unfold_stage(const SteadyStep& base, const std::string& stage,
                           const cluster::Unevenness& unevenness, unsigned threads) {
  UnfoldOutcome out;
  out.stage = stage;
  out.folded = base.result.step_time;
  out.why_not = cluster::why_not_unfold(base.spec, base.prepared.inputs, base.program);
  if (!out.why_not.empty()) return out;
  Unfolding u = unfold(base, unevenness, threads);
  out.result = u.result;
  const auto recorded = simulate(base, u.step, u.step.replicas[u.result.slowest], true);
  out.path = cluster::find_critical_path(u.step.plan, recorded.result);
  const auto ranks = static_cast<std::uint32_t>(u.step.shape.ranks);
  out.last_gpu = out.path.last % ranks * u.step.shape.gpus_per_rank +
                 recorded.work.number * u.step.shape.per_replica +
                 recorded.work.lane[out.path.last / ranks] * u.step.shape.per_lane;
  return out;
}

}  // namespace foretrain::study
