#pragma once
// An event is plain data: when, in which order it was scheduled, what kind of thing happens and to whom. No
// action is stored; the caller's handler dispatches on the kind with a switch. 24 bytes, so that tens of
// millions fit in cache lines rather than in allocations.

#include <cstdint>
#include <tuple>
#include <type_traits>

#include "sim/clock.hpp"

namespace foretrain::sim {

// The caller's enum of what can happen, at most 16 bits wide.
template <class T>
concept EventKind = std::is_enum_v<T> && sizeof(T) <= sizeof(std::uint16_t);

class Event {
 public:
  constexpr Event() = default;
  template <EventKind Kind>
  constexpr Event(SimTime at, std::uint64_t order, Kind kind, std::uint32_t id)
      : time(at), sequence(order), id_(id), kind_(static_cast<std::uint16_t>(kind)) {}

  template <EventKind Kind>
  constexpr Kind kind() const {
    return static_cast<Kind>(kind_);
  }
  constexpr std::uint16_t kind_number() const { return kind_; }
  constexpr std::uint32_t id() const { return id_; }  // an index into the caller's own list

  SimTime time{};
  std::uint64_t sequence = 0;

 private:
  std::uint32_t id_ = 0;
  std::uint16_t kind_ = 0;
};

// The one order of a simulation: by time, and at the same time as scheduled.
constexpr bool earlier(const Event& a, const Event& b) {
  return std::tie(a.time, a.sequence) < std::tie(b.time, b.sequence);
}

static_assert(sizeof(Event) <= 24);
static_assert(std::is_trivially_copyable_v<Event>);

}  // namespace foretrain::sim
