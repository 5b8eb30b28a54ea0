#pragma once
// Which messages may start: counts, for every message of every round, the waits that are not yet met. An
// instance is round * flows + flow. Nothing is kept where nobody waits. Memory: 4 bytes an instance, 24 a
// wait; cost: O(1) a wait met.

#include <cstdint>
#include <vector>

#include "network/flows.hpp"

namespace foretrain::network {

class Waiting {
 public:
  explicit Waiting(const Flows& flows);

  std::vector<std::uint32_t> list_ready() const;  // instances that wait for nothing, in order
  bool waited_for(std::uint32_t flow, Until until) const;

  // Something of an instance is done; calls ready(instance) for those that waited for it alone.
  template <class Ready>
  void release(std::uint32_t instance, Until until, Ready&& ready) {
    if (first_.empty()) return;
    const std::uint32_t flow = instance % flows_, round = instance / flows_;
    for (std::uint32_t i = first_[flow]; i < first_[flow + 1]; ++i) {
      const Later& later = later_[i];
      if (later.until != until || later.rounds_after >= rounds_ - round) continue;
      const std::uint32_t next = (round + later.rounds_after) * flows_ + later.flow;
      if (--missing_[next] == 0) ready(next);
    }
  }

 private:
  struct Later {  // a wait, seen from what is waited for
    std::uint32_t flow, rounds_after;
    Until until;
  };

  std::uint32_t flows_, rounds_;
  std::vector<std::uint32_t> first_;  // by flow; empty: nobody waits
  std::vector<Later> later_;
  std::vector<std::uint32_t> missing_;  // by instance
};

}  // namespace foretrain::network
