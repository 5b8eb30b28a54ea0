#pragma once
// What one GPU does inside a chunk: a compute stream and a communication stream, each a position in a
// StreamPlan. A compute step slows down while a barrier waits or an exchange runs on the GPU and recovers
// after; a change of mode books the progress made and plans the end anew. Shared by one group at work
// (group.cpp) and by every GPU of the cluster at once (replica.cpp). Who meets at a barrier, what a step
// costs on this GPU and what follows a chunk is the owner's to say:
//
//   BlockTime block_time(gpu, step)           of a compute step about to begin
//   Seconds exchange_time(gpu, step)          of an exchange that its barrier has released
//   void arrive(gpu, step)                    the GPU waits; the owner calls start_exchange once all are
//   there void step_done(gpu, step, started)        for whoever keeps spans void chunk_done(gpu) both streams
//   have ended; the owner may begin the next chunk
//
// Cost: one event a step, about one more for each change of rate; 128 bytes a GPU.

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "cluster/stream_plan.hpp"
#include "sim/engine.hpp"

namespace foretrain::cluster {

enum class Happening : std::uint8_t { compute_end, exchange_start, exchange_end, chunk_start, port_due };

template <class Owner>
class Streams {
 public:
  struct Busy {  // of the present chunk
    sim::Ticks compute{}, weight{}, collective{}, exchange{};
  };

  Streams(Owner& owner, sim::Engine& engine, std::size_t gpus)
      : owner_(owner), engine_(engine), gpus_(gpus) {}

  // Precondition: the GPU is between chunks.
  void begin(std::uint32_t gpu, const StreamPlan& plan) {
    Gpu& g = gpus_[gpu];
    g.plan = &plan;
    g.next_compute = g.next_exchange = 0;
    g.busy = {};
    advance(gpu);
  }

  void start_exchange(std::uint32_t gpu) {
    Gpu& g = gpus_[gpu];
    const StreamStep& step = g.plan->exchanges[g.next_exchange];
    change_mode(gpu, Mode::beside);
    g.exchange_started = engine_.now();
    engine_.after(sim::to_ticks(owner_.exchange_time(gpu, step)), Happening::exchange_end, gpu);
  }

  void on_exchange_end(std::uint32_t gpu) {
    Gpu& g = gpus_[gpu];
    change_mode(gpu, Mode::alone);
    g.busy.exchange += engine_.now() - g.exchange_started;
    const StreamStep& step = g.plan->exchanges[g.next_exchange++];
    owner_.step_done(gpu, step, g.exchange_started);
    advance(gpu);
  }

  void on_compute_end(std::uint32_t gpu) {
    Gpu& g = gpus_[gpu];
    if (!g.computing || g.event_at != engine_.now()) return;  // stale: the end moved
    if (g.ends > engine_.now()) {
      g.event_at = g.ends;
      engine_.at(g.ends, Happening::compute_end, gpu);
      return;
    }
    const StreamStep& step = g.plan->computes[g.next_compute++];
    const sim::Ticks spent = engine_.now() - g.started;
    g.computing = false;
    g.busy.compute += spent;
    g.busy.collective += sim::to_ticks(g.collective);
    const BlockKind block = step.segment->block;
    if (block == BlockKind::mlp_w || block == BlockKind::attention_w) g.busy.weight += spent;
    owner_.step_done(gpu, step, g.started);
    advance(gpu);
  }

  static constexpr std::size_t bytes_each() { return sizeof(Gpu); }
  const Busy& busy(std::uint32_t gpu) const { return gpus_[gpu].busy; }

 private:
  enum class Mode : std::uint8_t { alone, barrier, beside };
  struct Gpu {
    const StreamPlan* plan = nullptr;
    std::uint16_t next_compute = 0, next_exchange = 0;  // positions in the streams
    bool computing = false;
    Mode mode = Mode::alone;
    std::array<Seconds, 3> whole{};  // the present compute step, were a mode to last
    Seconds collective{};
    double left = 0;                           // share of the step still to do
    sim::SimTime since{}, ends{}, event_at{};  // of the mode; when the step ends; the one event that counts
    sim::SimTime started{}, exchange_started{};
    Busy busy{};
  };

  static bool ready(const Gpu& g, const StreamStep& step) {
    return g.next_compute >= step.computes && g.next_exchange >= step.exchanges;
  }

  // Starts whatever this GPU may start now, on both streams.
  void advance(std::uint32_t gpu) {
    Gpu& g = gpus_[gpu];
    const StreamPlan& plan = *g.plan;
    if (!g.computing && g.next_compute < plan.computes.size() && ready(g, plan.computes[g.next_compute]))
      begin_compute(gpu);
    if (g.mode == Mode::alone && g.next_exchange < plan.exchanges.size() &&
        ready(g, plan.exchanges[g.next_exchange])) {
      change_mode(gpu, Mode::barrier);
      owner_.arrive(gpu, plan.exchanges[g.next_exchange]);
    }
    if (g.next_compute == plan.computes.size() && g.next_exchange == plan.exchanges.size())
      owner_.chunk_done(gpu);
  }

  void begin_compute(std::uint32_t gpu) {
    Gpu& g = gpus_[gpu];
    const BlockTime time = owner_.block_time(gpu, g.plan->computes[g.next_compute]);
    g.whole = {time.alone, time.alone + time.barrier, time.beside};
    g.collective = time.collective;
    g.computing = true;
    g.left = 1;
    g.started = g.since = engine_.now();
    schedule_end(gpu);
  }

  static Seconds whole(const Gpu& g) { return g.whole[static_cast<std::size_t>(g.mode)]; }

  void schedule_end(std::uint32_t gpu) {
    Gpu& g = gpus_[gpu];
    const sim::SimTime before = g.ends;
    g.ends = engine_.now() + sim::to_ticks(whole(g) * g.left);
    const bool pending = g.event_at > engine_.now() && g.event_at <= g.ends && before == g.event_at;
    if (pending) return;  // the event already in the queue finds the later end and moves on to it
    g.event_at = g.ends;
    engine_.at(g.ends, Happening::compute_end, gpu);
  }

  void change_mode(std::uint32_t gpu, Mode mode) {
    Gpu& g = gpus_[gpu];
    const Seconds before = whole(g);
    if (g.computing) {  // books the progress made in the old mode; a step at its end has none left
      const Seconds spent = sim::to_seconds(engine_.now() - g.since);
      if (g.ends == engine_.now())
        g.left = 0;
      else if (before > seconds(0))
        g.left = std::max(0.0, g.left - spent / before);
      g.since = engine_.now();
    }
    g.mode = mode;
    if (g.computing && whole(g) != before) schedule_end(gpu);
  }

  Owner& owner_;
  sim::Engine& engine_;
  std::vector<Gpu> gpus_;
};

}  // namespace foretrain::cluster
