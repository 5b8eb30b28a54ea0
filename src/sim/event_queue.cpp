#include "sim/event_queue.hpp"

#include <algorithm>

namespace foretrain::sim {

EventQueue::EventQueue() : front_(2 * front_limit) {}

// Slides the front to the start of its array when at least half of that is free, so that a slide is paid for
// by as many pops; else doubles the array.
void EventQueue::make_room() {
  if (head_ < front_.size() / 2) {
    front_.resize(2 * front_.size());
    return;
  }
  std::copy(front_.begin() + static_cast<std::ptrdiff_t>(head_),
            front_.begin() + static_cast<std::ptrdiff_t>(tail_), front_.begin());
  tail_ -= head_;
  head_ = 0;
}

// Sends the later half to the wheel, cut where the time changes: equal times stay together, in order. A front
// of one single time stays as long as it is; an event of that time is appended behind it, a later one goes to
// the wheel.
void EventQueue::shorten_front() {
  const auto first = front_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto last = front_.begin() + static_cast<std::ptrdiff_t>(tail_);
  const auto middle = first + (last - first) / 2;
  if (first->time == (last - 1)->time) {
    front_end_ = ticks(*first) + 1;
    return;
  }
  const auto before = [](const Event& a, const Event& b) { return a.time < b.time; };
  auto cut = std::lower_bound(first, middle, *middle, before);
  if (cut == first) cut = std::upper_bound(middle, last, *middle, before);
  front_end_ = ticks(*cut);
  for (auto event = cut; event != last; ++event) insert_in_wheel(*event);
  tail_ = static_cast<std::size_t>(cut - front_.begin());
}

std::uint32_t EventQueue::take_chunk() {
  if (free_chunk_ == none) {
    check(chunks_.size() < none, "more pending events than the queue can number");
    chunks_.emplace_back();
    return static_cast<std::uint32_t>(chunks_.size() - 1);
  }
  const std::uint32_t taken = free_chunk_;
  free_chunk_ = chunks_[taken].next;
  chunks_[taken].count = 0;
  chunks_[taken].next = none;
  return taken;
}

// Called by pop alone, which then takes the first event of the new front: so `base_` is never above a later
// push.
void EventQueue::refill() {
  head_ = tail_ = 0;
  while (head_ == tail_) {
    const auto level = static_cast<std::size_t>(std::countr_zero(occupied_levels_));
    const auto digit = static_cast<std::size_t>(std::countr_zero(occupied_[level]));
    occupied_[level] &= occupied_[level] - 1;
    if (occupied_[level] == 0) occupied_levels_ &= ~(1U << level);
    Bucket& place = buckets_[level * digits + digit];
    const Bucket bucket = place;
    place = Bucket{};

    // The bucket's first time: the digits of `base_` above this level, this digit, zeros below.
    const std::size_t shift = level * digit_bits;
    const std::uint64_t range = std::uint64_t{1} << shift;
    const std::uint64_t above = shift + digit_bits < 64 ? ~std::uint64_t{0} << (shift + digit_bits) : 0;
    base_ = (base_ & above) | (std::uint64_t{digit} << shift);
    if (level == 0 || bucket.count <= sorted_at_once) {
      front_end_ = occupied_levels_ == 0 ? end_of_time : base_ + range;
      move_to_front(bucket, level == 0);
    } else {
      spread(bucket);
    }
  }
}

void EventQueue::spread(Bucket bucket) {
  for (std::uint32_t at = bucket.first; at != none;) {
    const Chunk chunk =
        chunks_[at];  // by value: inserting may take the pool elsewhere, and reuses this chunk at once
    chunks_[at].next = free_chunk_;
    free_chunk_ = at;
    for (std::uint32_t i = 0; i < chunk.count; ++i) insert_in_wheel(chunk.events[i]);
    at = chunk.next;
  }
}

void EventQueue::move_to_front(Bucket bucket, bool one_time) {
  if (front_.size() < bucket.count) front_.resize(bucket.count);
  for (std::uint32_t at = bucket.first; at != none;) {
    Chunk& chunk = chunks_[at];
    std::copy_n(chunk.events.begin(), chunk.count, front_.begin() + static_cast<std::ptrdiff_t>(tail_));
    tail_ += chunk.count;
    const std::uint32_t next = chunk.next;
    chunk.next = free_chunk_;
    free_chunk_ = at;
    at = next;
  }
  if (one_time) return;  // in the order of scheduling already
  std::sort(front_.begin(), front_.begin() + static_cast<std::ptrdiff_t>(tail_), earlier);
}

}  // namespace foretrain::sim
