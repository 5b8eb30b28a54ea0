#pragma once
// The simulator's clock and agenda: schedule an event `at` a time or `after` a while, then `run` until none
// is left. Events come in the order (time, schedule order). The engine knows no GPU and stores no action: it
// hands each event to one handler, which switches on the kind and may schedule more. Scheduling in the past
// is our bug and aborts. There is no cancel: a completion that has become stale finds so by its owner's epoch
// and returns. One thread.
//
//     enum class Happening : std::uint8_t { compute_done, message_arrived };
//     engine.after(to_ticks(duration), Happening::compute_done, rank);
//     engine.run([&](const Event& e) {
//       switch (e.kind<Happening>()) { case Happening::compute_done: ...; case Happening::message_arrived:
//       ...; }
//     });

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "sim/event_queue.hpp"

namespace foretrain::sim {

class Engine {
 public:
  template <EventKind Kind>
  void at(SimTime time, Kind kind, std::uint32_t id) {
    check(time >= now_, "an event scheduled in the past");
    queue_.push(Event(time, sequence_++, kind, id));
  }
  template <EventKind Kind>
  void after(Ticks wait, Kind kind, std::uint32_t id) {
    check(wait <= SimTime::max() - now_, "an event scheduled beyond the clock's 292 years");
    at(now_ + wait, kind, id);
  }

  // Calls handler(const Event&) for every event, those it schedules included.
  template <class Handler>
  void run(Handler&& handler) {
    while (!queue_.empty()) {
      const Event event = queue_.pop();
      now_ = event.time;
      ++events_;
      take_fingerprint(event);
      handler(event);
    }
  }

  SimTime now() const { return now_; }
  std::uint64_t events() const { return events_; }  // handled so far
  std::size_t pending() const { return queue_.size(); }

  // A number that changes when any event's time, kind, id or place in the order does, and only then.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  // One multiply-and-rotate step per word, as in the family of wyhash and FxHash: cheap, not meant to be
  // secure.
  void take_fingerprint(const Event& event) {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio
    const auto time = static_cast<std::uint64_t>(event.time.time_since_epoch().count());
    const std::uint64_t what = std::uint64_t{event.kind_number()} << 32U | event.id();
    fingerprint_ = (std::rotl(fingerprint_, 29) ^ time) * odd;
    fingerprint_ = (std::rotl(fingerprint_, 29) ^ what) * odd;
  }

  EventQueue queue_;
  SimTime now_{};
  std::uint64_t sequence_ = 0, events_ = 0;
  std::uint64_t fingerprint_ = fnv_offset;  // not zero, which an event of all zeros would leave as it is
};

}  // namespace foretrain::sim
