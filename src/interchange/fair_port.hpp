#pragma once
// The sending side of a rank's link for messages of any size: k at once go at a k-th of the rate each. Counts
// as cluster/port.hpp does, a nanosecond in 720720 parts, so that equal messages leave at the same
// nanosecond. Not here: the receiving side, latency.
//
// Cost: O(messages at once) an operation.

#include <vector>

#include "sim/clock.hpp"

namespace foretrain::interchange {

class FairPort {
 public:
  static constexpr sim::Ticks longest{1'000'000'000'000};  // a message alone; parts of it fit in 63 bits

  bool empty() const { return messages_.empty(); }
  // When the next message will have left, if none joins. Precondition: not empty.
  sim::SimTime due() const;
  // Precondition: now is not before the last call's, 0 < wire <= longest.
  void add(sim::SimTime now, sim::Ticks wire, std::uint32_t message);
  // Takes out those that have left by now, the first that joined first.
  std::vector<std::uint32_t> take(sim::SimTime now);

 private:
  struct Entry {
    std::int64_t left = 0;  // parts of a nanosecond alone on the port
    std::uint32_t message = 0;
  };
  std::int64_t rate() const;  // parts a nanosecond that each message is given
  void advance(sim::SimTime now);

  std::vector<Entry> messages_;  // in the order in which they joined
  sim::SimTime updated_{};
};

}  // namespace foretrain::interchange
