#pragma once
// Checks a workload with no clock running: what a node needs exists and nothing waits for itself, every send
// has its receive (same ranks, tag and bytes), and all members of a group name its collectives in one order,
// of one kind and size.
//
// Left out: whether two ranks wait for one another across messages; `replay` finds that.
//
// Cost: O(nodes log nodes).

#include <string>
#include <vector>

#include "interchange/workload.hpp"

namespace foretrain::interchange {

// Faults in words, the first of each kind and rank; empty when the workload is right.
std::vector<std::string> faults_of(const Workload& workload);

// Every send's receive: the place of the receive in its rank's list. Sends and receives between two ranks
// with one tag match in the order in which they stand. Precondition: faults_of is empty.
struct Place {
  std::uint32_t rank = 0, node = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};
std::map<Place, Place> match_messages(const Workload& workload);

}  // namespace foretrain::interchange
