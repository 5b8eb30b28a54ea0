#pragma once
// Chunks and messages of a stage program: when each GPU's next chunk may start, what it sends at its end and
// when that arrives. Shared by folded pipelines, whose chunks have given durations (pipeline.cpp), and by
// the GPUs of a replica, whose chunks are run segment by segment (replica.cpp). A cursor is one GPU (or the
// GPUs it stands for) of one lane and one pipeline rank: id = lane * ranks + rank. The owner says
//
//   void start_known(id, time)              all that the next chunk waits for is known; time may lie ahead
//   void plan_port(id, time)                call drain(id) then
//   sim::Ticks wire(id)                     one message alone on that port, always the same
//   sim::Ticks delay(from, to)              from the last byte's leaving to the arrival
//   void arrived(id, to, parcel, arrival)   for whoever keeps messages
//
// Cost: one or two events a message, 16 bytes a lane, stage and micro-batch for what has arrived.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/check.hpp"
#include "cluster/pipeline.hpp"
#include "cluster/port.hpp"

namespace foretrain::cluster {

inline bool has_forward(plan::Action a) {
  return a == plan::Action::forward || a == plan::Action::pair;
}
inline bool sends_gradient(plan::Action a) {
  return a != plan::Action::forward && a != plan::Action::weight;
}

template <class Owner>
class Flow {
 public:
  static constexpr sim::SimTime unknown = sim::SimTime::max();

  struct Cursor {
    std::size_t next = 0;       // instruction
    sim::SimTime free{};        // when the last chunk ended
    sim::SimTime sends_left{};  // when its last messages have left; unknown while they share the port
    bool busy = false;          // running, or waiting for others to start with
  };

  Flow(Owner& owner, const plan::Program& program, const P2p& p2p, std::size_t lanes)
      : owner_(owner), program_(program), p2p_(p2p), cursors_(lanes * ranks()), ports_(lanes * ranks()) {
    const auto slots =
        static_cast<std::size_t>(program.stages) * static_cast<std::size_t>(program.micro_batches);
    forward_input_.assign(lanes * slots, unknown);
    backward_input_ = forward_input_;
  }

  std::size_t ranks() const { return program_.per_rank.size(); }
  const Cursor& at(std::size_t id) const { return cursors_[id]; }
  const plan::Instruction& next(std::size_t id) const {
    return program_.per_rank[id % ranks()][cursors_[id].next];
  }
  bool ended(std::size_t id) const { return cursors_[id].next == program_.per_rank[id % ranks()].size(); }
  // Of a cursor: itself, its port and its share of what has arrived at its lane.
  std::size_t bytes_each() const {
    return sizeof(Cursor) + sizeof(Port) + 2 * sizeof(sim::SimTime) * forward_input_.size() / cursors_.size();
  }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }
  sim::SimTime forward_input(std::size_t lane, std::int32_t stage, std::int32_t micro_batch) const {
    return forward_input_[slot(lane, stage, micro_batch)];
  }
  sim::SimTime backward_input(std::size_t lane, std::int32_t stage, std::int32_t micro_batch) const {
    return backward_input_[slot(lane, stage, micro_batch)];
  }

  void try_start(std::size_t id) {
    Cursor& cursor = cursors_[id];
    if (cursor.busy || ended(id)) return;
    const std::optional<sim::SimTime> ready = ready_at(id);
    if (!ready) return;
    cursor.busy = true;
    owner_.start_known(id, *ready);
  }

  // The cursor's chunk ends now: its outputs leave, and the next chunk may start.
  void finish(std::size_t id, sim::SimTime now) {
    Cursor& cursor = cursors_[id];
    const plan::Instruction& i = next(id);
    cursor.busy = false;
    cursor.free = now;
    ++cursor.next;
    if (has_forward(i.action)) {
      if (i.forward_stage + 1 < program_.stages)
        hand_over(id, {i.forward_stage, i.forward_micro_batch, false, now});
      else
        backward_input_[slot(id / ranks(), i.forward_stage, i.forward_micro_batch)] = now;
    }
    if (sends_gradient(i.action) && i.backward_stage > 0)
      hand_over(id, {i.backward_stage, i.backward_micro_batch, true, now});
    if (!ports_[id].empty()) owner_.plan_port(id, ports_[id].due());
    try_start(id);
  }

  // The port's event: planned again whenever the port's load changes, so an early one finds nothing to take.
  void drain(std::size_t id, sim::SimTime now) {
    Port& port = ports_[id];
    if (port.empty() || port.due() > now) return;
    Port::Parcel parcel;
    while (port.take(now, parcel)) deliver(id, parcel, now);
    if (!port.empty()) return owner_.plan_port(id, port.due());
    cursors_[id].sends_left = now;
    try_start(id);
  }

 private:
  std::size_t slot(std::size_t lane, std::int32_t stage, std::int32_t micro_batch) const {
    return (lane * static_cast<std::size_t>(program_.stages) + static_cast<std::size_t>(stage)) *
               static_cast<std::size_t>(program_.micro_batches) +
           static_cast<std::size_t>(micro_batch);
  }

  // When the next chunk can start, or nothing while that depends on an event still to come.
  std::optional<sim::SimTime> ready_at(std::size_t id) const {
    const Cursor& cursor = cursors_[id];
    const plan::Instruction& i = next(id);
    const std::size_t lane = id / ranks();
    sim::SimTime ready = cursor.free;
    if (has_forward(i.action) && i.forward_stage > 0)
      ready = std::max(ready, forward_input_[slot(lane, i.forward_stage, i.forward_micro_batch)]);
    if (sends_gradient(i.action))
      ready = std::max(ready, backward_input_[slot(lane, i.backward_stage, i.backward_micro_batch)]);
    if (p2p_.sender_waits) ready = std::max(ready, cursor.sends_left);
    if (ready == unknown) return std::nullopt;
    return ready;
  }

  void hand_over(std::size_t id, const Port::Parcel& parcel) {
    const std::int32_t to_stage = parcel.stage + (parcel.is_gradient ? -1 : 1);
    const std::size_t lane = id / ranks();
    if (to_rank(parcel) == id % ranks()) {  // its own next stage: nothing to send
      auto& input = parcel.is_gradient ? backward_input_ : forward_input_;
      input[slot(lane, to_stage, parcel.micro_batch)] = parcel.start;
      return;
    }
    ++sent_;
    Cursor& cursor = cursors_[id];
    const sim::Ticks wire = owner_.wire(id);
    if (p2p_.port_shared && wire.count() > 0) {
      ports_[id].add(parcel.start, wire, parcel);
      cursor.sends_left = unknown;
    } else {
      cursor.sends_left = parcel.start + wire;
      deliver(id, parcel, cursor.sends_left);
    }
  }

  void deliver(std::size_t id, const Port::Parcel& parcel, sim::SimTime left) {
    const std::int32_t to_stage = parcel.stage + (parcel.is_gradient ? -1 : 1);
    const std::size_t lane = id / ranks(), to = lane * ranks() + to_rank(parcel);
    const sim::SimTime arrival = left + owner_.delay(id, to);
    auto& input = parcel.is_gradient ? backward_input_ : forward_input_;
    sim::SimTime& there = input[slot(lane, to_stage, parcel.micro_batch)];
    check(there == unknown, "a message arrives once");
    there = arrival;
    ++received_;
    owner_.arrived(id, to, parcel, arrival);
    try_start(to);
  }

  std::size_t to_rank(const Port::Parcel& parcel) const {
    const std::int32_t to_stage = parcel.stage + (parcel.is_gradient ? -1 : 1);
    return static_cast<std::size_t>(program_.rank_at(to_stage, parcel.micro_batch));
  }

  Owner& owner_;
  const plan::Program& program_;
  P2p p2p_;
  std::vector<Cursor> cursors_;
  std::vector<Port> ports_;
  std::vector<sim::SimTime> forward_input_;  // slot -> when the activation from the stage before is there
  std::vector<sim::SimTime>
      backward_input_;  // slot -> when the gradient from the stage after (or the loss) is
  std::uint64_t sent_ = 0, received_ = 0;
};

}  // namespace foretrain::cluster
