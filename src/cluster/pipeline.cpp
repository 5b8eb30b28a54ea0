#include "cluster/pipeline.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/check.hpp"
#include "cluster/port.hpp"
#include "sim/engine.hpp"

namespace foretrain::cluster {
namespace {

using plan::Action;
using plan::Instruction;
using sim::SimTime;
using sim::Ticks;

constexpr SimTime unknown = SimTime::max();
enum class Happening : std::uint8_t { chunk_done, port_due };

bool has_forward(Action a) {
  return a == Action::forward || a == Action::pair;
}
bool sends_gradient(Action a) {
  return a != Action::forward && a != Action::weight;
}

std::size_t index(std::int32_t i) {
  return static_cast<std::size_t>(i);
}

struct Cursor {
  std::size_t next = 0;  // instruction
  SimTime free{};        // when the last chunk ended
  SimTime sends_left{};  // when its last messages have left; unknown while they share the port
  bool busy = false;     // running, or waiting at the barrier of its group
};

struct Barrier {
  int waiting = 0;
  SimTime start{};
};

class Pipeline {
 public:
  Pipeline(const plan::Program& program, const ChunkTimes& times, const P2p& p2p, const Lanes& lanes);
  Timeline run();

 private:
  std::size_t ranks() const { return program_.per_rank.size(); }
  std::size_t slot(std::size_t lane, std::int32_t stage, std::int32_t micro_batch) const {
    return (lane * index(program_.stages) + index(stage)) * index(program_.micro_batches) +
           index(micro_batch);
  }
  std::optional<SimTime> ready_at(std::size_t lane, std::size_t rank) const;
  void try_start(std::size_t lane, std::size_t rank);
  void start_group(std::size_t group, std::size_t rank, SimTime start);
  void finish(std::size_t lane, std::size_t rank);
  void hand_over(std::size_t lane, std::size_t rank, const Port::Parcel& parcel);
  void deliver(std::size_t lane, std::size_t rank, const Port::Parcel& parcel, SimTime left);
  void drain(std::size_t lane, std::size_t rank);
  void check_ended() const;

  const plan::Program& program_;
  const ChunkTimes& times_;
  P2p p2p_;
  std::size_t lanes_, group_size_;
  sim::Engine engine_;
  Timeline timeline_;
  std::vector<Cursor> cursors_;         // [lane * ranks + rank]
  std::vector<Port> ports_;             // likewise
  std::vector<Barrier> barriers_;       // [group * ranks + rank]
  std::vector<SimTime> forward_input_;  // slot -> when the activation from the stage before is there
  std::vector<SimTime>
      backward_input_;  // slot -> when the gradient from the stage after (or the loss) is there
};

Pipeline::Pipeline(const plan::Program& program, const ChunkTimes& times, const P2p& p2p, const Lanes& lanes)
    : program_(program),
      times_(times),
      p2p_(p2p),
      lanes_(index(lanes.groups) * index(lanes.lanes_per_group)),
      group_size_(index(lanes.lanes_per_group)) {
  check(lanes.groups > 0 && lanes.lanes_per_group > 0, "at least one lane is needed");
  check(p2p.wire.count() >= 0 && p2p.latency.count() >= 0, "a message cannot take less than no time");
  check(times.size() == 1 || times.size() == index(lanes.groups),
        "chunk times are needed for one group or for each");
  for (const auto& group : times) {
    check(group.size() == ranks(), "chunk times are needed for each rank");
    for (std::size_t r = 0; r < ranks(); ++r)
      check(group[r].size() == program.per_rank[r].size(), "one chunk time an instruction is needed");
  }
  cursors_.resize(lanes_ * ranks());
  ports_.resize(lanes_ * ranks());
  barriers_.resize(index(lanes.groups) * ranks());
  forward_input_.assign(lanes_ * index(program.stages) * index(program.micro_batches), unknown);
  backward_input_ = forward_input_;
  timeline_.spans.assign(lanes_, std::vector<std::vector<Span>>(ranks()));
  for (auto& lane : timeline_.spans)
    for (std::size_t r = 0; r < ranks(); ++r) lane[r].reserve(program.per_rank[r].size());
}

// When the rank's next chunk can start, or nothing while that depends on an event still to come.
std::optional<SimTime> Pipeline::ready_at(std::size_t lane, std::size_t rank) const {
  const Cursor& cursor = cursors_[lane * ranks() + rank];
  const Instruction& i = program_.per_rank[rank][cursor.next];
  SimTime ready = cursor.free;
  if (has_forward(i.action) && i.forward_stage > 0)
    ready = std::max(ready, forward_input_[slot(lane, i.forward_stage, i.forward_micro_batch)]);
  if (sends_gradient(i.action))
    ready = std::max(ready, backward_input_[slot(lane, i.backward_stage, i.backward_micro_batch)]);
  if (p2p_.sender_waits) ready = std::max(ready, cursor.sends_left);
  if (ready == unknown) return std::nullopt;
  return ready;
}

void Pipeline::try_start(std::size_t lane, std::size_t rank) {
  Cursor& cursor = cursors_[lane * ranks() + rank];
  if (cursor.busy || cursor.next == program_.per_rank[rank].size()) return;
  const std::optional<SimTime> ready = ready_at(lane, rank);
  if (!ready) return;
  cursor.busy = true;
  const std::size_t group = lane / group_size_;
  Barrier& barrier = barriers_[group * ranks() + rank];
  barrier.start = std::max(barrier.start, *ready);
  if (static_cast<std::size_t>(++barrier.waiting) < group_size_) return;
  const SimTime start = barrier.start;
  barrier = {};
  start_group(group, rank, start);
}

void Pipeline::start_group(std::size_t group, std::size_t rank, SimTime start) {
  for (std::size_t lane = group * group_size_; lane < (group + 1) * group_size_; ++lane) {
    const std::size_t id = lane * ranks() + rank;
    const std::size_t instruction = cursors_[id].next;
    const SimTime end = start + times_[times_.size() == 1 ? 0 : group][rank][instruction];
    timeline_.spans[lane][rank].push_back({static_cast<std::int32_t>(instruction), start, end});
    engine_.at(end, Happening::chunk_done, static_cast<std::uint32_t>(id));
  }
}

void Pipeline::finish(std::size_t lane, std::size_t rank) {
  Cursor& cursor = cursors_[lane * ranks() + rank];
  const Instruction& i = program_.per_rank[rank][cursor.next];
  const SimTime now = engine_.now();
  cursor.busy = false;
  cursor.free = now;
  ++cursor.next;
  if (has_forward(i.action)) {
    if (i.forward_stage + 1 < program_.stages)
      hand_over(lane, rank, {i.forward_stage, i.forward_micro_batch, false, now});
    else
      backward_input_[slot(lane, i.forward_stage, i.forward_micro_batch)] = now;
  }
  if (sends_gradient(i.action) && i.backward_stage > 0)
    hand_over(lane, rank, {i.backward_stage, i.backward_micro_batch, true, now});
  const Port& port = ports_[lane * ranks() + rank];
  if (!port.empty())
    engine_.at(port.due(), Happening::port_due, static_cast<std::uint32_t>(lane * ranks() + rank));
  try_start(lane, rank);
}

void Pipeline::hand_over(std::size_t lane, std::size_t rank, const Port::Parcel& parcel) {
  const std::int32_t to_stage = parcel.stage + (parcel.is_gradient ? -1 : 1);
  if (index(program_.rank_at(to_stage, parcel.micro_batch)) == rank) {  // its own next stage: nothing to send
    auto& input = parcel.is_gradient ? backward_input_ : forward_input_;
    input[slot(lane, to_stage, parcel.micro_batch)] = parcel.start;
    return;
  }
  ++timeline_.messages_sent;
  Cursor& cursor = cursors_[lane * ranks() + rank];
  if (p2p_.port_shared && p2p_.wire.count() > 0) {
    ports_[lane * ranks() + rank].add(parcel.start, p2p_.wire, parcel);
    cursor.sends_left = unknown;
  } else {
    cursor.sends_left = parcel.start + p2p_.wire;
    deliver(lane, rank, parcel, cursor.sends_left);
  }
}

void Pipeline::deliver(std::size_t lane, std::size_t rank, const Port::Parcel& parcel, SimTime left) {
  const std::int32_t to_stage = parcel.stage + (parcel.is_gradient ? -1 : 1);
  const std::int32_t to = program_.rank_at(to_stage, parcel.micro_batch);
  const SimTime arrival = left + p2p_.latency;
  auto& input = parcel.is_gradient ? backward_input_ : forward_input_;
  SimTime& arrived = input[slot(lane, to_stage, parcel.micro_batch)];
  check(arrived == unknown, "a message arrives once");
  arrived = arrival;
  ++timeline_.messages_received;
  if (lane == 0)
    timeline_.messages.push_back({static_cast<std::int32_t>(rank), to, parcel.stage, parcel.micro_batch,
                                  parcel.is_gradient, parcel.start, arrival});
  try_start(lane, index(to));
}

// The port's event: planned again whenever the port's load changes, so an early one finds nothing to take.
void Pipeline::drain(std::size_t lane, std::size_t rank) {
  const std::size_t id = lane * ranks() + rank;
  Port& port = ports_[id];
  if (port.empty() || port.due() > engine_.now()) return;
  Port::Parcel parcel;
  while (port.take(engine_.now(), parcel)) deliver(lane, rank, parcel, engine_.now());
  if (!port.empty()) {
    engine_.at(port.due(), Happening::port_due, static_cast<std::uint32_t>(id));
    return;
  }
  cursors_[id].sends_left = engine_.now();
  try_start(lane, rank);
}

void Pipeline::check_ended() const {
  for (std::size_t lane = 0; lane < lanes_; ++lane)
    for (std::size_t rank = 0; rank < ranks(); ++rank) {
      const std::size_t next = cursors_[lane * ranks() + rank].next;
      if (next < program_.per_rank[rank].size())
        check(false, fmt::format("the program stops at rank {}, instruction {}: {} waits for ever", rank,
                                 next, plan::to_text(program_.per_rank[rank][next])));
    }
  check(timeline_.messages_sent == timeline_.messages_received, "a message was lost");
}

Timeline Pipeline::run() {
  for (std::size_t lane = 0; lane < lanes_; ++lane)
    for (std::size_t rank = 0; rank < ranks(); ++rank) try_start(lane, rank);
  engine_.run([this](const sim::Event& event) {
    const std::size_t lane = event.id() / ranks(), rank = event.id() % ranks();
    switch (event.kind<Happening>()) {
      case Happening::chunk_done:
        finish(lane, rank);
        break;
      case Happening::port_due:
        drain(lane, rank);
        break;
    }
  });
  check_ended();
  for (const Cursor& cursor : cursors_) timeline_.makespan = std::max(timeline_.makespan, cursor.free);
  timeline_.events = engine_.events();
  timeline_.fingerprint = engine_.fingerprint();
  return std::move(timeline_);
}

}  // namespace

Timeline simulate(const plan::Program& program, const ChunkTimes& times, const P2p& p2p, const Lanes& lanes) {
  return Pipeline(program, times, p2p, lanes).run();
}

}  // namespace foretrain::cluster
