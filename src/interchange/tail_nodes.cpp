#include "interchange/tail_nodes.hpp"

#include <algorithm>

#include "cluster/tail.hpp"
#include "plan/parameters.hpp"

namespace foretrain::interchange {
namespace {

// Seconds in a row as nanoseconds whose sum is the sum's, rounded once.
class Clock {
 public:
  sim::Ticks next(Seconds time) {
    const sim::Ticks before = sim::to_ticks(total_);
    total_ += time;
    return sim::to_ticks(total_) - before;
  }

 private:
  Seconds total_{};
};

// What of the reduction and of the gathering shows in the step.
struct Shown {
  Seconds reduce{}, gather{}, to_host{};
};
Shown shown(const Simulated& s, std::size_t rank) {
  const auto& p = *s.prepared;
  const auto& time = p.optimizer[rank];
  const auto& overlap = s.spec->plan->overlap;
  Shown show{time.reduce_scatter, time.all_gather, time.to_host};
  if (overlap.gradients) show.reduce = show.to_host = seconds(0);
  if (overlap.parameters) show.gather = seconds(0);
  const auto& timeline = s.step->timeline;
  for (std::size_t lane = 0; lane < timeline.spans.size(); ++lane) {
    if (overlap.gradients)
      show.reduce =
          std::max(show.reduce, cluster::exposed_reduction(p.inputs, p.prices, s.step->program, timeline,
                                                           p.buckets, lane, timeline.makespan));
    if (overlap.parameters)
      show.gather = std::max(show.gather, cluster::exposed_gather(p.inputs, p.prices, s.step->program,
                                                                  timeline, p.buckets, lane));
  }
  return show;
}

class TailListing {
 public:
  TailListing(const Simulated& simulated, std::size_t rank)
      : s_(simulated), plan_(*simulated.spec->plan), time_(simulated.prepared->optimizer[rank]) {
    held_ = {time_.dense_parameters, time_.expert_parameters};
    copies_ = plan::copies_of(plan_);
    shards_ = plan::shards_of(plan_);
  }

  std::vector<Tail> list(const Shown& show) {
    add("end of the pipelines", Collective::all_reduce, Tail::Who::everyone, bytes(4), seconds(0));
    const double gradient = s_.spec->software->gradient_bytes.value;
    const double weight = plan::gathered_bytes(plan_, *s_.spec->software);
    if (plan_.zero < 3)
      reduce(held_, gradient, show.reduce);
    else if (shards_.dense_copies > 1)
      reduce(share(shards_.dense, shards_.expert), gradient, show.reduce);
    if (show.to_host > seconds(0)) compute("gradients to the host", show.to_host, false);
    compute("optimizer", time_.compute, false);
    if (time_.on_host > seconds(0)) compute("optimizer on the host", time_.on_host, true);
    if (plan_.zero == 1 || plan_.zero == 2) gather(share(copies_.dense, copies_.expert), weight, show.gather);
    return std::move(tail_);
  }

 private:
  plan::Parameters share(std::int64_t dense, std::int64_t expert) const {
    return {held_.dense / static_cast<double>(dense), held_.expert / static_cast<double>(expert)};
  }

  void reduce(const plan::Parameters& p, double each, Seconds time) {
    const auto how = plan_.zero == 1 || plan_.zero == 2 ? Collective::reduce_scatter : Collective::all_reduce;
    pair(how, p, each, time, "gradients");
  }
  void gather(const plan::Parameters& p, double each, Seconds time) {
    pair(Collective::all_gather, p, each, time, "weights");
  }

  void pair(Collective how, const plan::Parameters& p, double each, Seconds time, const std::string& what) {
    const double dense = p.all() > 0 ? p.dense / p.all() : 1;
    if (p.dense > 0) add(what, how, Tail::Who::dense, bytes(each * p.dense), time * dense);
    if (p.expert > 0)
      add(what + " of experts", how, Tail::Who::expert, bytes(each * p.expert), time * (1 - dense));
  }

  void add(std::string name, Collective how, Tail::Who who, Bytes size, Seconds time) {
    Tail tail;
    tail.node.name = std::move(name);
    tail.node.kind = NodeKind::collective;
    tail.node.collective = how;
    tail.node.size = size;
    tail.node.duration = clock_.next(time);
    tail.who = who;
    tail_.push_back(std::move(tail));
  }

  void compute(std::string name, Seconds time, bool on_host) {
    Tail tail;
    tail.node.name = std::move(name);
    tail.node.kind = NodeKind::compute;
    tail.node.on_host = on_host;
    tail.node.duration = clock_.next(time);
    if (tail.node.name == "optimizer") tail.node.moved = kernel_bytes();
    tail_.push_back(std::move(tail));
  }

  Bytes kernel_bytes() const {
    const auto mine = plan_.zero == 0   ? held_
                      : plan_.zero == 3 ? share(shards_.dense, shards_.expert)
                                        : share(copies_.dense, copies_.expert);
    const auto& software = *s_.spec->software;
    Bytes sum{};
    for (const auto& kernel : cluster::list_optimizer_kernels(
             plan_.zero == 3 ? mine.all() : held_.all(), mine.all(), plan_.precision,
             {software.optimizer_bytes.value, software.gradient_bytes.value,
              plan::gathered_bytes(plan_, software)},
             plan_.offload_optimizer))
      sum += kernel.read + kernel.written;
    return sum;
  }

  const Simulated& s_;
  const plan::PlanSpec& plan_;
  const cluster::OptimizerTime& time_;
  plan::Parameters held_;
  plan::Copies copies_;
  plan::Shards shards_;
  Clock clock_;
  std::vector<Tail> tail_;
};

}  // namespace

std::vector<Tail> list_tail(const Simulated& simulated, std::size_t pipeline_rank) {
  return TailListing(simulated, pipeline_rank).list(shown(simulated, pipeline_rank));
}

}  // namespace foretrain::interchange
