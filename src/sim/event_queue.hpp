#pragma once
// Pending events, given back in exact (time, sequence) order. Time only moves forward: no event may be pushed
// before the last one popped, and sequences only grow. That is what a simulation does anyway, and it is what
// makes the queue fast: it never has to keep a far future sorted.
//
// Two parts. The `front` is a short sorted array of the nearest events, all below `front_end_`; a job with
// few pending events lives there entirely. Everything later waits in a wheel of 11 levels of 64 buckets:
// level k holds what differs from `base_` first in its k-th base-64 digit, so a bucket is a range of times
// and buckets are in order. When the front is empty, the first bucket becomes the front if it is small, else
// it is spread over the levels below. (A multi-level bucket queue: Denardo and Fox, Operations Research 27,
// 1979, as the radix heap of Ahuja, Mehlhorn, Orlin and Tarjan, J. ACM 37, 1990, and the timing wheel of
// Varghese and Lauck, SOSP 1987, but exact.)
//
// Cost: an event moves down at most 11 times whatever the times are, typically log64 of the number pending;
// ties move as one bucket and are never compared. No allocation once the number pending has been reached
// before.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/check.hpp"
#include "sim/event.hpp"

namespace foretrain::sim {

class EventQueue {
 public:
  EventQueue();

  void push(const Event& event);
  Event pop();  // the earliest; aborts when empty
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  static constexpr int digit_bits = 6;
  static constexpr std::size_t digits = 64;
  static constexpr std::size_t levels = 11;
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint64_t end_of_time = std::numeric_limits<std::uint64_t>::max();
  // Measured by tests/bench on x86-64: a bucket of so few is sorted rather than spread, and a front of so
  // many costs more to insert into than the wheel.
  static constexpr std::size_t sorted_at_once = 32;
  static constexpr std::size_t front_limit = 96;

  // Buckets are lists of chunks from one pool, so memory follows the number pending and recent chunks stay in
  // cache.
  struct Chunk {
    static constexpr std::uint32_t capacity = 20;
    std::array<Event, capacity> events;
    std::uint32_t count = 0;
    std::uint32_t next = none;
  };
  struct Bucket {
    std::uint32_t first = none, last = none;
    std::size_t count = 0;
  };

  static std::uint64_t ticks(const Event& e) {
    return static_cast<std::uint64_t>(e.time.time_since_epoch().count());
  }

  void insert_in_front(const Event& event);
  void make_room();
  void shorten_front();
  void insert_in_wheel(const Event& event);
  std::uint32_t take_chunk();
  void refill();
  void spread(Bucket bucket);
  void move_to_front(Bucket bucket, bool one_time);

  std::size_t size_ = 0;
  SimTime last_popped_{};
  std::vector<Event> front_;  // sorted in [head_, tail_)
  std::size_t head_ = 0, tail_ = 0;
  std::uint64_t front_end_ = end_of_time;

  std::uint64_t base_ = 0;  // not above any event in the wheel
  std::uint32_t occupied_levels_ = 0;
  std::array<std::uint64_t, levels> occupied_{};  // one bit per bucket
  std::array<Bucket, levels * digits> buckets_{};
  std::vector<Chunk> chunks_;
  std::uint32_t free_chunk_ = none;
};

inline void EventQueue::push(const Event& event) {
  check(event.time >= last_popped_, "an event pushed before the last one popped");
  ++size_;
  if (ticks(event) < front_end_) {
    insert_in_front(event);
  } else {
    insert_in_wheel(event);
  }
}

inline Event EventQueue::pop() {
  check(size_ != 0, "an event popped from an empty queue");
  if (head_ == tail_) refill();
  --size_;
  const Event& event = front_[head_++];
  last_popped_ = event.time;
  return event;
}

inline void EventQueue::insert_in_front(const Event& event) {
  if (tail_ == front_.size()) make_room();
  // Later sequences go behind equal times, so the time alone decides. Most events are scheduled behind most
  // others.
  std::size_t at = tail_++;
  for (; at > head_ && front_[at - 1].time > event.time; --at) front_[at] = front_[at - 1];
  front_[at] = event;
  if (tail_ - head_ > front_limit) shorten_front();
}

inline void EventQueue::insert_in_wheel(const Event& event) {
  const std::uint64_t time = ticks(event);
  const auto level = static_cast<std::size_t>((std::bit_width((time ^ base_) | 1U) - 1) / digit_bits);
  const std::size_t digit = (time >> (level * digit_bits)) & (digits - 1);
  Bucket& bucket = buckets_[level * digits + digit];
  if (bucket.count == 0) {
    occupied_[level] |= std::uint64_t{1} << digit;
    occupied_levels_ |= 1U << level;
    bucket.first = bucket.last = take_chunk();
  } else if (chunks_[bucket.last].count == Chunk::capacity) {
    const std::uint32_t added = take_chunk();
    chunks_[bucket.last].next = added;
    bucket.last = added;
  }
  Chunk& chunk = chunks_[bucket.last];
  chunk.events[chunk.count++] = event;
  ++bucket.count;
}

}  // namespace foretrain::sim
