#include "cluster/pipeline.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.hpp"
#include "cluster/flow.hpp"
#include "cluster/index.hpp"
#include "sim/engine.hpp"

namespace foretrain::cluster {
namespace {

using sim::SimTime;
using sim::Ticks;

enum class PipelineEvent : std::uint8_t { chunk_done, port_due };

struct GroupBarrier {
  int waiting = 0;
  SimTime start{};
};

class Pipeline {
 public:
  Pipeline(const plan::Program& program, const ChunkTimes& times, const P2p& p2p, const Lanes& lanes);
  Timeline run();

  // What the flow asks of its owner.
  void start_known(std::size_t id, SimTime ready);
  void plan_port(std::size_t id, SimTime time) {
    engine_.at(time, PipelineEvent::port_due, static_cast<std::uint32_t>(id));
  }
  Ticks wire(std::size_t) const { return p2p_.wire; }
  Ticks delay(std::size_t, std::size_t) const { return p2p_.latency; }
  void arrived(std::size_t id, std::size_t to, const Port::Parcel& parcel, SimTime arrival) {
    if (id < ranks())
      timeline_.messages.push_back({static_cast<std::int32_t>(id), static_cast<std::int32_t>(to),
                                    parcel.stage, parcel.micro_batch, parcel.is_gradient, parcel.start,
                                    arrival});
  }

 private:
  std::size_t ranks() const { return program_.per_rank.size(); }
  void start_group(std::size_t group, std::size_t rank, SimTime start);
  void check_ended() const;

  const plan::Program& program_;
  const ChunkTimes& times_;
  P2p p2p_;
  std::size_t lanes_, group_size_;
  sim::Engine engine_;
  Timeline timeline_;
  Flow<Pipeline> flow_;
  std::vector<GroupBarrier> barriers_;  // [group * ranks + rank]
};

Pipeline::Pipeline(const plan::Program& program, const ChunkTimes& times, const P2p& p2p, const Lanes& lanes)
    : program_(program),
      times_(times),
      p2p_(p2p),
      lanes_(index(lanes.groups) * index(lanes.lanes_per_group)),
      group_size_(index(lanes.lanes_per_group)),
      flow_(*this, program, p2p, lanes_) {
  check(lanes.groups > 0 && lanes.lanes_per_group > 0, "at least one lane is needed");
  check(p2p.wire.count() >= 0 && p2p.latency.count() >= 0, "a message cannot take less than no time");
  check(times.size() == 1 || times.size() == index(lanes.groups),
        "chunk times are needed for one group or for each");
  for (const auto& group : times) {
    check(group.size() == ranks(), "chunk times are needed for each rank");
    for (std::size_t r = 0; r < ranks(); ++r)
      check(group[r].size() == program.per_rank[r].size(), "one chunk time an instruction is needed");
  }
  barriers_.resize(index(lanes.groups) * ranks());
  timeline_.spans.assign(lanes_, std::vector<std::vector<Span>>(ranks()));
  for (auto& lane : timeline_.spans)
    for (std::size_t r = 0; r < ranks(); ++r) lane[r].reserve(program.per_rank[r].size());
}

void Pipeline::start_known(std::size_t id, SimTime ready) {
  const std::size_t rank = id % ranks(), group = id / ranks() / group_size_;
  GroupBarrier& barrier = barriers_[group * ranks() + rank];
  barrier.start = std::max(barrier.start, ready);
  if (static_cast<std::size_t>(++barrier.waiting) < group_size_) return;
  const SimTime start = barrier.start;
  barrier = {};
  start_group(group, rank, start);
}

void Pipeline::start_group(std::size_t group, std::size_t rank, SimTime start) {
  for (std::size_t lane = group * group_size_; lane < (group + 1) * group_size_; ++lane) {
    const std::size_t id = lane * ranks() + rank;
    const std::size_t instruction = flow_.at(id).next;
    const SimTime end = start + times_[times_.size() == 1 ? 0 : group][rank][instruction];
    timeline_.spans[lane][rank].push_back({static_cast<std::int32_t>(instruction), start, end});
    engine_.at(end, PipelineEvent::chunk_done, static_cast<std::uint32_t>(id));
  }
}

void Pipeline::check_ended() const {
  for (std::size_t id = 0; id < lanes_ * ranks(); ++id)
    if (!flow_.ended(id))
      check(false, fmt::format("the program stops at rank {}, instruction {}: {} waits for ever",
                               id % ranks(), flow_.at(id).next, plan::to_text(flow_.next(id))));
  check(timeline_.messages_sent == timeline_.messages_received, "a message was lost");
}

Timeline Pipeline::run() {
  for (std::size_t id = 0; id < lanes_ * ranks(); ++id) flow_.try_start(id);
  engine_.run([this](const sim::Event& event) {
    switch (event.kind<PipelineEvent>()) {
      case PipelineEvent::chunk_done:
        return flow_.finish(event.id(), engine_.now());
      case PipelineEvent::port_due:
        return flow_.drain(event.id(), engine_.now());
    }
  });
  timeline_.messages_sent = flow_.sent();
  timeline_.messages_received = flow_.received();
  check_ended();
  for (std::size_t id = 0; id < lanes_ * ranks(); ++id)
    timeline_.makespan = std::max(timeline_.makespan, flow_.at(id).free);
  timeline_.events = engine_.events();
  timeline_.fingerprint = engine_.fingerprint();
  return std::move(timeline_);
}

}  // namespace

Timeline simulate(const plan::Program& program, const ChunkTimes& times, const P2p& p2p, const Lanes& lanes) {
  return Pipeline(program, times, p2p, lanes).run();
}

}  // namespace foretrain::cluster
