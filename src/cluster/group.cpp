#include "cluster/group.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "sim/engine.hpp"

namespace foretrain::cluster {
namespace {

using sim::SimTime;
using sim::Ticks;

enum class Kind : std::uint8_t { compute_end, exchange_start, exchange_end };

std::size_t index_of(ExchangeKind kind) {
  return static_cast<std::size_t>(kind);
}

// A GPU: two cursors, the segment it computes and how far it is.
struct Gpu {
  std::int32_t repetition = 0;
  std::uint32_t next_compute = 0, next_exchange = 0;  // positions in the stream orders
  bool computing = false, exchanging = false, at_barrier = false;
  BlockTime block{};
  double left = 0;                      // share of the segment still to do
  SimTime since{}, ends{}, event_at{};  // of the current mode; when it ends; the one event that counts
  SimTime started{}, exchange_started{};
  Ticks compute{}, weight{}, collective{}, exchange{};  // busy in this repetition
};

class Group {
 public:
  Group(const GroupWork& work, bool keep_spans) : work_(work), keep_spans_(keep_spans) {
    const auto& segments = work.chunk.segments;
    for (std::uint32_t i = 0; i < segments.size(); ++i)
      (segments[i].is_exchange ? exchanges_ : computes_).push_back(i);
    gpus_.resize(static_cast<std::size_t>(work.ranks));
    done_.assign(gpus_.size() * segments.size(), 0);
    arrived_.assign(exchanges_.size() * static_cast<std::size_t>(work.repetitions), 0);
    finished_.assign(static_cast<std::size_t>(work.repetitions), 0);
    result_.samples.resize(static_cast<std::size_t>(work.repetitions));
    const std::size_t needed = static_cast<std::size_t>(work.repetitions) * work.chunk.draws;
    check(work.draws.empty() || work.draws.size() >= needed, "one routing draw a repetition, unit and side");
  }

  GroupResult run() {
    for (std::uint32_t r = 0; r < gpus_.size(); ++r) advance(r);
    engine_.run([this](const sim::Event& e) { handle(e); });
    check(finished_.empty() || finished_.back() == work_.ranks, "every GPU of the group finished its chunks");
    close_samples();
    result_.events = engine_.events();
    result_.fingerprint = engine_.fingerprint();
    return std::move(result_);
  }

 private:
  void handle(const sim::Event& e) {
    switch (e.kind<Kind>()) {
      case Kind::compute_end:
        return on_compute_end(e.id());
      case Kind::exchange_start:
        return on_exchange_start(e.id());
      case Kind::exchange_end:
        return on_exchange_end(e.id());
    }
  }

  // Starts whatever this GPU may start now, on both streams; enters the next repetition when this one is
  // done.
  void advance(std::uint32_t rank) {
    Gpu& g = gpus_[rank];
    while (true) {
      if (!g.computing && g.next_compute < computes_.size() && ready(rank, computes_[g.next_compute]))
        begin_compute(rank);
      if (!g.exchanging && !g.at_barrier && g.next_exchange < exchanges_.size() &&
          ready(rank, exchanges_[g.next_exchange]))
        arrive(rank);
      const bool over = g.next_compute == computes_.size() && g.next_exchange == exchanges_.size();
      if (!over) return;
      finish_repetition(rank);
      if (g.repetition == work_.repetitions) return;
    }
  }

  bool ready(std::uint32_t rank, std::uint32_t segment) const {
    for (const std::int16_t need : work_.chunk.segments[segment].needs)
      if (need >= 0 && !done_[rank * work_.chunk.segments.size() + static_cast<std::size_t>(need)])
        return false;
    return true;
  }

  void begin_compute(std::uint32_t rank) {
    Gpu& g = gpus_[rank];
    const Segment& s = work_.chunk.segments[computes_[g.next_compute]];
    const auto& units = s.backward_side ? work_.backward : work_.forward;
    const BlockCurve& curve = units[s.unit].blocks[static_cast<std::size_t>(s.block)];
    g.block = curve.empty() ? BlockTime{} : curve.at(work_.mean_rows * load(rank, s));
    const Seconds waits = g.block.collective;  // which neither jitter nor a slow chip prolongs
    if (!work_.jitter.empty()) {
      const double factor = jitter(rank, computes_[g.next_compute]);
      g.block = {(g.block.alone - waits) * factor + waits, (g.block.beside - waits) * factor + waits,
                 g.block.clocked * factor, g.block.barrier * factor, waits};
    }
    if (!work_.slowness.empty()) {
      const Seconds excess = g.block.clocked * work_.slowness[rank];
      g.block.alone += excess;
      g.block.beside += excess;
    }
    g.computing = true;
    g.left = 1;
    g.started = g.since = engine_.now();
    schedule_end(rank);
  }

  double jitter(std::uint32_t rank, std::uint32_t segment) const {
    const auto row = static_cast<std::size_t>(gpus_[rank].repetition) * gpus_.size() + rank;
    return work_.jitter[row * work_.chunk.segments.size() + segment];
  }
  // The load of this GPU in the routing draw behind a segment; 1 when balanced.
  double load(std::uint32_t rank, const Segment& s) const {
    return work_.draws.empty() ? 1.0 : draw_of(rank, s).gpu_load[rank];
  }
  const RoutingDraw& draw_of(std::uint32_t rank, const Segment& s) const {
    return work_.draws[static_cast<std::size_t>(gpus_[rank].repetition) * work_.chunk.draws + s.draw];
  }

  // The whole segment, were the present mode to last.
  static Seconds whole(const Gpu& g) {
    if (g.exchanging) return g.block.beside;
    return g.at_barrier ? g.block.alone + g.block.barrier : g.block.alone;
  }

  void schedule_end(std::uint32_t rank) {
    Gpu& g = gpus_[rank];
    const SimTime before = g.ends;
    g.ends = engine_.now() + sim::to_ticks(whole(g) * g.left);
    const bool pending = g.event_at > engine_.now() && g.event_at <= g.ends && before == g.event_at;
    if (pending) return;  // the event already in the queue finds the later end and moves on to it
    g.event_at = g.ends;
    engine_.at(g.ends, Kind::compute_end, rank);
  }

  // Called just before the mode changes: books the progress made in the old one.
  void book_progress(Gpu& g) {
    if (!g.computing) return;
    const Seconds spent = sim::to_seconds(engine_.now() - g.since);
    if (whole(g) > seconds(0)) g.left = std::max(0.0, g.left - spent / whole(g));
    g.since = engine_.now();
  }

  void on_compute_end(std::uint32_t rank) {
    Gpu& g = gpus_[rank];
    if (!g.computing || g.event_at != engine_.now()) return;  // stale: the end moved
    if (g.ends > engine_.now()) {
      g.event_at = g.ends;
      engine_.at(g.ends, Kind::compute_end, rank);
      return;
    }
    const std::uint32_t segment = computes_[g.next_compute++];
    const Ticks busy = engine_.now() - g.started;
    g.computing = false;
    g.compute += busy;
    g.collective += sim::to_ticks(g.block.collective);
    const BlockKind block = work_.chunk.segments[segment].block;
    if (block == BlockKind::mlp_w || block == BlockKind::attention_w) g.weight += busy;
    complete(rank, segment, g.started);
  }

  void arrive(std::uint32_t rank) {
    Gpu& g = gpus_[rank];
    change_mode(rank, false, true);
    const std::size_t barrier = static_cast<std::size_t>(g.repetition) * exchanges_.size() + g.next_exchange;
    const bool of_tokens =
        index_of(work_.chunk.segments[exchanges_[g.next_exchange]].exchange) < exchange_kinds;
    if (++arrived_[barrier] == work_.ranks)
      engine_.after(sim::to_ticks(of_tokens ? work_.barrier : seconds(0)), Kind::exchange_start,
                    static_cast<std::uint32_t>(barrier));
  }

  void on_exchange_start(std::uint32_t barrier) {
    const std::uint32_t position = barrier % static_cast<std::uint32_t>(exchanges_.size());
    const Segment& s = work_.chunk.segments[exchanges_[position]];
    for (std::uint32_t r = 0; r < gpus_.size(); ++r) {
      Gpu& g = gpus_[r];
      change_mode(r, true, false);
      g.exchange_started = engine_.now();
      engine_.after(sim::to_ticks(exchange_time(r, s)), Kind::exchange_end, r);
    }
  }

  Seconds exchange_time(std::uint32_t rank, const Segment& s) const {
    const auto& units = s.backward_side ? work_.backward : work_.forward;
    if (s.exchange == ExchangeKind::gather) return work_.gather[static_cast<std::size_t>(units[s.unit].unit)];
    if (s.exchange == ExchangeKind::scatter)
      return work_.scatter[static_cast<std::size_t>(units[s.unit].unit)];
    const ExchangeTime& time = work_.exchange[index_of(s.exchange)];
    const double node = work_.draws.empty() ? 1.0 : draw_of(rank, s).node_load[rank];
    return std::max(time.inter_node * node, time.intra_node * load(rank, s));
  }

  void on_exchange_end(std::uint32_t rank) {
    Gpu& g = gpus_[rank];
    change_mode(rank, false, false);
    g.exchange += engine_.now() - g.exchange_started;
    complete(rank, exchanges_[g.next_exchange++], g.exchange_started);
  }

  void change_mode(std::uint32_t rank, bool exchanging, bool at_barrier) {
    Gpu& g = gpus_[rank];
    const Seconds before = whole(g);
    book_progress(g);
    g.exchanging = exchanging;
    g.at_barrier = at_barrier;
    if (g.computing && whole(g) != before) schedule_end(rank);
  }

  void complete(std::uint32_t rank, std::uint32_t segment, SimTime started) {
    done_[rank * work_.chunk.segments.size() + segment] = 1;
    if (keep_spans_ && rank == 0)
      result_.spans.push_back(
          {gpus_[0].repetition, static_cast<std::int32_t>(segment), started, engine_.now()});
    advance(rank);
  }

  void finish_repetition(std::uint32_t rank) {
    Gpu& g = gpus_[rank];
    const auto repetition = static_cast<std::size_t>(g.repetition);
    ChunkSample& sample = result_.samples[repetition];
    sample.compute += g.compute;
    sample.weight += g.weight;
    sample.collective += g.collective;
    sample.exchange += g.exchange;
    if (++finished_[repetition] == work_.ranks) sample.duration = engine_.now().time_since_epoch();
    const auto begin = done_.begin() + static_cast<std::ptrdiff_t>(rank * work_.chunk.segments.size());
    std::fill(begin, begin + static_cast<std::ptrdiff_t>(work_.chunk.segments.size()), std::uint8_t{0});
    ++g.repetition;
    g.next_compute = g.next_exchange = 0;
    g.compute = g.weight = g.collective = g.exchange = Ticks{};
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
  sim::Engine engine_;
  std::vector<std::uint32_t> computes_, exchanges_;  // stream orders
  std::vector<Gpu> gpus_;
  std::vector<std::uint8_t> done_;      // [rank * segments + segment], of the rank's current repetition
  std::vector<std::int32_t> arrived_;   // [repetition * exchanges + position]
  std::vector<std::int32_t> finished_;  // [repetition]
  GroupResult result_;
};

}  // namespace

GroupResult simulate_group(const GroupWork& work, bool keep_spans) {
  check(work.ranks > 0 && work.repetitions > 0 && !work.chunk.segments.empty(), "a group has GPUs and work");
  return Group(work, keep_spans).run();
}

}  // namespace foretrain::cluster
