#include "cluster/replica.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/random.hpp"
#include "cluster/flow.hpp"
#include "cluster/streams.hpp"
#include "sim/engine.hpp"

namespace foretrain::cluster {
namespace {

using sim::SimTime;
using sim::Ticks;

// Of the lanes first .. last - 1 on one pipeline rank.
struct Barrier {
  std::uint32_t first = 0, last = 0, rank = 0;
  std::uint32_t all = 0, waiting = 0;  // GPUs
};

class Replica {
 public:
  Replica(const StepPlan& plan, const ReplicaWork& work, bool record);
  ReplicaResult run();

  // What the streams ask of their owner.
  BlockTime block_time(std::uint32_t gpu, const StreamStep& step);
  Seconds exchange_time(std::uint32_t gpu, const StreamStep& step) const;
  void arrive(std::uint32_t gpu, const StreamStep& step);
  void step_done(std::uint32_t gpu, const StreamStep& step, SimTime started);
  void chunk_done(std::uint32_t gpu);

  // What the flow asks.
  void start_known(std::size_t id, SimTime time);
  void plan_port(std::size_t id, SimTime time) {
    engine_.at(time, Happening::port_due, static_cast<std::uint32_t>(id));
  }
  Ticks wire(std::size_t id) const { return over(plan_.p2p.wire, rate_of(id)); }
  Ticks delay(std::size_t from, std::size_t to) const {
    const Ticks more = over(plan_.p2p.wire, rate_of(to)) - wire(from);
    return plan_.p2p.latency + std::max(Ticks{}, more);
  }
  void arrived(std::size_t, std::size_t, const Port::Parcel&, SimTime) {}

 private:
  static Ticks over(Ticks whole, double rate) {
    if (rate == 1) return whole;
    return Ticks{std::llround(static_cast<double>(whole.count()) / rate)};
  }
  double rate_of(std::size_t id) const {
    return plan_.over_nics ? work_.gpus[id].nic : work_.gpus[id].nvlink;
  }
  std::size_t lanes() const { return work_.count.size(); }
  std::size_t ranks() const { return flow_.ranks(); }
  const StreamPlan& plan_of(std::size_t id) const {
    return plan_.kinds[plan_.kind_of[id % ranks()][flow_.at(id).next]];
  }
  void add_barriers();
  ChunkStart start_of(std::size_t id, SimTime time) const;
  void begin_chunk(std::uint32_t id);
  void release(std::uint32_t barrier);
  void handle(const sim::Event& event);
  const RoutedLoad* load_of(std::uint32_t gpu, const StreamStep& step) const;
  void draw_attention();
  double attention_of(std::uint32_t gpu, const StreamStep& step) const;

  const StepPlan& plan_;
  const ReplicaWork& work_;
  bool record_;
  sim::Engine engine_;
  Streams<Replica> streams_;
  Flow<Replica> flow_;
  std::vector<Barrier> barriers_;  // [rank * (groups + 1) + group]; the last of a rank joins all its lanes
  std::uint32_t groups_ = 1;
  std::vector<Rng> jitter_;             // [cursor]
  std::vector<double> attention_;       // [lane * micro_batches + micro_batch]; empty: all alike
  std::vector<SimTime> started_;        // [cursor] of the present chunk
  std::vector<std::uint32_t> pending_;  // [barrier] its place in the record
  ReplicaResult result_;
};

Replica::Replica(const StepPlan& plan, const ReplicaWork& work, bool record)
    : plan_(plan),
      work_(work),
      record_(record),
      streams_(*this, engine_, work.gpus.size()),
      flow_(*this, *plan.program, plan.p2p, work.count.size()) {
  check(!work.count.empty() && work.gpus.size() == lanes() * ranks(), "traits are needed for each GPU");
  check(work.group.size() == lanes(), "each lane belongs to a group");
  add_barriers();
  if (plan.kernel_jitter > 0)
    for (std::size_t id = 0; id < work.gpus.size(); ++id)
      jitter_.emplace_back(plan.seed,
                           fmt::format("jitter/{}/{}/{}", work.number, id / ranks(), id % ranks()));
  if (!plan.attention_loads.empty()) draw_attention();
  started_.resize(work.gpus.size());
  result_.rows.resize(work.gpus.size());
  result_.timeline.spans.assign(lanes(), std::vector<std::vector<Span>>(ranks()));
  for (auto& lane : result_.timeline.spans)
    for (std::size_t r = 0; r < ranks(); ++r) lane[r].reserve(plan.program->per_rank[r].size());
  if (!record) return;
  result_.record.starts.resize(work.gpus.size());
  result_.record.computes.resize(work.gpus.size());
  result_.record.exchanges.resize(work.gpus.size());
}

// Every micro-batch is as long on all ranks that it passes.
void Replica::draw_attention() {
  const auto& loads = plan_.attention_loads;
  for (std::size_t lane = 0; lane < lanes(); ++lane) {
    Rng rng(plan_.seed, fmt::format("documents/{}/{}", work_.number,
                                    work_.lane[lane] / static_cast<std::uint32_t>(plan_.sharing)));
    for (std::int32_t m = 0; m < plan_.program->micro_batches; ++m)
      attention_.push_back(loads[rng.uniform(loads.size())]);
  }
}

double Replica::attention_of(std::uint32_t gpu, const StreamStep& step) const {
  const plan::Instruction& i = flow_.next(gpu);
  const auto micro = step.segment->backward_side ? i.backward_micro_batch : i.forward_micro_batch;
  return attention_[gpu / ranks() * static_cast<std::size_t>(plan_.program->micro_batches) +
                    static_cast<std::size_t>(micro)];
}

void Replica::add_barriers() {
  groups_ = work_.group.back() + 1;
  for (std::uint32_t rank = 0; rank < ranks(); ++rank) {
    const std::size_t base = barriers_.size();
    barriers_.resize(base + groups_ + 1, {.rank = rank});
    const auto add = [&](Barrier& b, std::uint32_t lane) {
      if (b.all == 0) b.first = lane;
      b.last = lane + 1;
      b.all += work_.count[lane];
    };
    for (std::uint32_t lane = 0; lane < lanes(); ++lane) {
      add(barriers_[base + work_.group[lane]], lane);
      add(barriers_[base + groups_], lane);
    }
  }
  pending_.resize(barriers_.size());
}

// The load of a GPU's routed layer; nothing where routing is balanced or the unit exchanges no tokens.
const RoutedLoad* Replica::load_of(std::uint32_t gpu, const StreamStep& step) const {
  if (work_.loads.empty() || !step.routed) return nullptr;
  const plan::Instruction& i = flow_.next(gpu);
  const bool backward = step.segment->backward_side;
  const auto stage = static_cast<std::size_t>(backward ? i.backward_stage : i.forward_stage);
  const auto micro = static_cast<std::size_t>(backward ? i.backward_micro_batch : i.forward_micro_batch);
  const auto slot = stage * static_cast<std::size_t>(plan_.program->micro_batches) + micro;
  return &work_.loads[(slot * static_cast<std::size_t>(plan_.layers) + step.layer) * lanes() + gpu / ranks()];
}

BlockTime Replica::block_time(std::uint32_t gpu, const StreamStep& step) {
  const GpuTraits& traits = work_.gpus[gpu];
  BlockFactors factors;
  if (const RoutedLoad* load = load_of(gpu, step)) factors.load = load->rows;
  if (!jitter_.empty()) {
    factors.jitter = 0.5;
    for (std::int32_t m = 0; m < plan_.meeting; ++m)
      factors.jitter = std::max(factors.jitter, 1 + plan_.kernel_jitter * jitter_[gpu].normal());
  }
  factors.slowness = traits.slowness;
  factors.nvlink = traits.nvlink;
  if (!attention_.empty()) factors.attention = attention_of(gpu, step);
  return cluster::block_time(plan_of(gpu), step, factors);
}

Seconds Replica::exchange_time(std::uint32_t gpu, const StreamStep& step) const {
  const GpuTraits& traits = work_.gpus[gpu];
  if (!step.of_tokens) return step.time.inter_node * std::max(traits.inter, traits.intra);
  const RoutedLoad* load = load_of(gpu, step);
  const double inter = load != nullptr ? load->inter : traits.inter;
  const double intra = load != nullptr ? load->intra : traits.intra;
  return std::max(step.time.inter_node * inter, step.time.intra_node * intra);
}

void Replica::arrive(std::uint32_t gpu, const StreamStep& step) {
  const auto lane = static_cast<std::uint32_t>(gpu / ranks()),
             rank = static_cast<std::uint32_t>(gpu % ranks());
  const std::uint32_t number = rank * (groups_ + 1) + (step.of_tokens ? work_.group[lane] : groups_);
  Barrier& barrier = barriers_[number];
  barrier.waiting += work_.count[lane];
  if (barrier.waiting < barrier.all) return;
  barrier.waiting = 0;
  if (record_) {
    pending_[number] = static_cast<std::uint32_t>(result_.record.barriers.size());
    result_.record.barriers.push_back({gpu, engine_.now()});
  }
  engine_.after(sim::to_ticks(step.of_tokens ? plan_of(gpu).barrier : seconds(0)), Happening::exchange_start,
                number);
}

void Replica::release(std::uint32_t number) {
  const Barrier& barrier = barriers_[number];
  for (std::uint32_t lane = barrier.first; lane < barrier.last; ++lane) {
    const auto id = static_cast<std::uint32_t>(lane * ranks() + barrier.rank);
    if (record_) result_.record.exchanges[id].push_back({{}, {}, pending_[number]});
    streams_.start_exchange(id);
  }
}

void Replica::step_done(std::uint32_t gpu, const StreamStep& step, SimTime started) {
  if (!record_) return;
  if (step.segment->is_exchange) {
    auto& exchange = result_.record.exchanges[gpu].back();
    exchange.start = started;
    exchange.end = engine_.now();
  } else {
    result_.record.computes[gpu].push_back({started, engine_.now()});
  }
}

// Of several things that came at the same time the GPU's own chunk counts.
ChunkStart Replica::start_of(std::size_t id, SimTime time) const {
  const auto& cursor = flow_.at(id);
  const plan::Instruction& i = flow_.next(id);
  if (cursor.free == time) return cursor.next == 0 ? ChunkStart::at_once : ChunkStart::previous;
  if (has_forward(i.action) && i.forward_stage > 0 &&
      flow_.forward_input(id / ranks(), i.forward_stage, i.forward_micro_batch) == time)
    return ChunkStart::activation;
  if (sends_gradient(i.action) &&
      flow_.backward_input(id / ranks(), i.backward_stage, i.backward_micro_batch) == time)
    return ChunkStart::gradient;
  return ChunkStart::sends;
}

void Replica::start_known(std::size_t id, SimTime time) {
  if (record_) result_.record.starts[id].push_back(start_of(id, time));
  const auto gpu = static_cast<std::uint32_t>(id);
  if (time <= engine_.now()) return begin_chunk(gpu);
  engine_.at(time, Happening::chunk_start, gpu);
}

void Replica::begin_chunk(std::uint32_t id) {
  started_[id] = engine_.now();
  streams_.begin(id, plan_of(id));
}

void Replica::chunk_done(std::uint32_t gpu) {
  const auto& busy = streams_.busy(gpu);
  const ChunkSample sample{.compute = busy.compute, .weight = busy.weight, .collective = busy.collective};
  book(sample, engine_.now() - started_[gpu], flow_.next(gpu).action, result_.rows[gpu]);
  result_.timeline.spans[gpu / ranks()][gpu % ranks()].push_back(
      {static_cast<std::int32_t>(flow_.at(gpu).next), started_[gpu], engine_.now()});
  flow_.finish(gpu, engine_.now());
}

void Replica::handle(const sim::Event& event) {
  switch (event.kind<Happening>()) {
    case Happening::compute_end:
      return streams_.on_compute_end(event.id());
    case Happening::exchange_start:
      return release(event.id());
    case Happening::exchange_end:
      return streams_.on_exchange_end(event.id());
    case Happening::chunk_start:
      return begin_chunk(event.id());
    case Happening::port_due:
      return flow_.drain(event.id(), engine_.now());
  }
}

ReplicaResult Replica::run() {
  for (std::size_t id = 0; id < work_.gpus.size(); ++id) flow_.try_start(id);
  engine_.run([this](const sim::Event& event) { handle(event); });
  Timeline& timeline = result_.timeline;
  for (std::size_t id = 0; id < work_.gpus.size(); ++id) {
    if (!flow_.ended(id))
      check(false, fmt::format("lane {} stops at rank {}: {} waits for ever", id / ranks(), id % ranks(),
                               plan::to_text(flow_.next(id))));
    timeline.makespan = std::max(timeline.makespan, flow_.at(id).free);
  }
  timeline.messages_sent = flow_.sent();
  timeline.messages_received = flow_.received();
  check(flow_.sent() == flow_.received(), "a message was lost");
  timeline.events = engine_.events();
  timeline.fingerprint = engine_.fingerprint();
  const std::size_t chunks = plan_.program->per_rank.front().size();
  result_.bytes = work_.gpus.size() * (streams_.bytes_each() + flow_.bytes_each() + sizeof(GpuTraits) +
                                       sizeof(Breakdown) + sizeof(SimTime) + chunks * sizeof(Span)) +
                  jitter_.size() * sizeof(Rng) + work_.loads.size() * sizeof(RoutedLoad);
  return std::move(result_);
}

}  // namespace

ReplicaResult simulate_replica(const StepPlan& plan, const ReplicaWork& work, bool record) {
  return Replica(plan, work, record).run();
}

}  // namespace foretrain::cluster
