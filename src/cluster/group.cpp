#include "cluster/group.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "cluster/stream_plan.hpp"
#include "cluster/streams.hpp"
#include "sim/engine.hpp"

namespace foretrain::cluster {
namespace {

using sim::SimTime;
using sim::Ticks;

class Group {
 public:
  Group(const GroupWork& work, bool keep_spans)
      : work_(work),
        keep_spans_(keep_spans),
        plan_(plan_streams(work)),
        streams_(*this, engine_, static_cast<std::size_t>(work.ranks)) {
    repetition_.assign(static_cast<std::size_t>(work.ranks), 0);
    arrived_.assign(plan_.exchanges.size() * static_cast<std::size_t>(work.repetitions), 0);
    finished_.assign(static_cast<std::size_t>(work.repetitions), 0);
    result_.samples.resize(static_cast<std::size_t>(work.repetitions));
    const std::size_t needed = static_cast<std::size_t>(work.repetitions) * work.chunk.draws;
    check(work.draws.empty() || work.draws.size() >= needed, "one routing draw a repetition, unit and side");
  }

  GroupResult run() {
    for (std::uint32_t r = 0; r < repetition_.size(); ++r) streams_.begin(r, plan_);
    engine_.run([this](const sim::Event& e) { handle(e); });
    check(finished_.empty() || finished_.back() == work_.ranks, "every GPU of the group finished its chunks");
    close_samples();
    result_.events = engine_.events();
    result_.fingerprint = engine_.fingerprint();
    return std::move(result_);
  }

  // What the streams ask of their owner.
  BlockTime block_time(std::uint32_t rank, const StreamStep& step) const {
    BlockFactors factors;
    if (!work_.draws.empty()) factors.load = draw_of(rank, step).gpu_load[rank];
    if (!work_.jitter.empty()) factors.jitter = jitter(rank, step.index);
    if (!work_.slowness.empty()) factors.slowness = work_.slowness[rank];
    if (!work_.attention.empty()) factors.attention = attention(rank, step);
    return cluster::block_time(plan_, step, factors);
  }
  Seconds exchange_time(std::uint32_t rank, const StreamStep& step) const {
    if (!step.of_tokens) return step.time.inter_node;
    if (work_.draws.empty()) return std::max(step.time.inter_node, step.time.intra_node);
    const RoutingDraw& draw = draw_of(rank, step);
    return std::max(step.time.inter_node * draw.node_load[rank], step.time.intra_node * draw.gpu_load[rank]);
  }
  void arrive(std::uint32_t rank, const StreamStep& step) {
    const auto position = static_cast<std::size_t>(&step - plan_.exchanges.data());
    const std::size_t barrier = repetition(rank) * plan_.exchanges.size() + position;
    if (++arrived_[barrier] == work_.ranks)
      engine_.after(sim::to_ticks(step.of_tokens ? work_.barrier : seconds(0)), Happening::exchange_start, 0);
  }
  void step_done(std::uint32_t rank, const StreamStep& step, SimTime started) {
    if (keep_spans_ && rank == 0)
      result_.spans.push_back({repetition_[0], step.index, started, engine_.now()});
  }
  void chunk_done(std::uint32_t rank) {
    ChunkSample& sample = result_.samples[repetition(rank)];
    const auto& busy = streams_.busy(rank);
    sample.compute += busy.compute;
    sample.weight += busy.weight;
    sample.collective += busy.collective;
    sample.exchange += busy.exchange;
    if (++finished_[repetition(rank)] == work_.ranks) sample.duration = engine_.now().time_since_epoch();
    if (++repetition_[rank] < work_.repetitions) streams_.begin(rank, plan_);
  }

 private:
  void handle(const sim::Event& e) {
    switch (e.kind<Happening>()) {
      case Happening::compute_end:
        return streams_.on_compute_end(e.id());
      case Happening::exchange_start:  // all of the group are at the same one
        for (std::uint32_t r = 0; r < repetition_.size(); ++r) streams_.start_exchange(r);
        return;
      case Happening::exchange_end:
        return streams_.on_exchange_end(e.id());
      default:
        check(false, "a group alone has no pipeline");
    }
  }

  std::size_t repetition(std::uint32_t rank) const { return static_cast<std::size_t>(repetition_[rank]); }
  double jitter(std::uint32_t rank, std::size_t segment) const {
    const std::size_t row = repetition(rank) * repetition_.size() + rank;
    return work_.jitter[row * work_.chunk.segments.size() + segment];
  }
  double attention(std::uint32_t rank, const StreamStep& step) const {
    const std::size_t row = repetition(rank) * repetition_.size() + rank;
    return work_.attention[row * 2 + (step.segment->backward_side ? 1 : 0)];
  }
  const RoutingDraw& draw_of(std::uint32_t rank, const StreamStep& step) const {
    return work_.draws[repetition(rank) * work_.chunk.draws + step.segment->draw];
  }

  // Sums become means, points in time become growth.
  void close_samples() {
    Ticks previous{};
    for (ChunkSample& s : result_.samples) {
      const Ticks at = s.duration;
      s.duration = std::max(Ticks{}, at - previous);
      previous = std::max(previous, at);
      s.compute /= work_.ranks;
      s.weight /= work_.ranks;
      s.collective /= work_.ranks;
      s.exchange /= work_.ranks;
    }
  }

  const GroupWork& work_;
  bool keep_spans_;
  StreamPlan plan_;
  sim::Engine engine_;
  Streams<Group> streams_;
  std::vector<std::int32_t> repetition_;  // [rank]
  std::vector<std::int32_t> arrived_;     // [repetition * exchanges + position]
  std::vector<std::int32_t> finished_;    // [repetition]
  GroupResult result_;
};

}  // namespace

GroupResult simulate_group(const GroupWork& work, bool keep_spans) {
  check(work.ranks > 0 && work.repetitions > 0 && !work.chunk.segments.empty(), "a group has GPUs and work");
  return Group(work, keep_spans).run();
}

}  // namespace foretrain::cluster
