#pragma once
// The sending side of a rank's link: equal messages that share it fairly (processor sharing: k at once take k
// times as long each). Exact to the nanosecond while at most 16 share, since a nanosecond is counted in
// 720720 parts. Not here: the receiving side, other links, messages of unequal size (network/ has those).

#include <cstdint>
#include <deque>

#include "sim/clock.hpp"

namespace foretrain::cluster {

class Port {
 public:
  struct Parcel {
    std::int32_t stage = 0, micro_batch = 0;
    bool is_gradient = false;
    sim::SimTime start{};
  };

  bool empty() const { return queue_.empty(); }
  // When the first parcel will have left, if none joins. Precondition: not empty.
  sim::SimTime due() const;
  // Precondition: now >= the time of the last call, wire > 0 and the same in each call.
  void add(sim::SimTime now, sim::Ticks wire, Parcel parcel);
  // Takes out the first parcel that has left by now; false when there is none.
  bool take(sim::SimTime now, Parcel& parcel);

 private:
  struct Entry {
    // Work (parts of a nanosecond alone on the port) left after the entry before it is done.
    std::int64_t gap = 0;
    Parcel parcel;
  };
  std::int64_t rate() const;  // parts a nanosecond that each parcel is given
  void advance(sim::SimTime now);

  std::deque<Entry> queue_;    // equal work and fair shares: first come, first done
  std::int64_t last_gap_ = 0;  // work left of the last entry
  sim::SimTime updated_{};
};

}  // namespace foretrain::cluster
