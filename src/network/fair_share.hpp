#pragma once
// Max-min fair rates of flows over links of limited capacity: pure maths, no clock.
//
// Progressive filling (Bertsekas and Gallager, "Data Networks", section 6.5.2): raise all rates together;
// when a link fills, freeze the flows on it; go on with the rest. The result is unique, and its certificate
// is that every flow crosses a bottleneck: a full link on which no other flow is faster. Left out: round-trip
// bias, windows, priorities.
//
// A flow may stand for `count` identical ones; its rate is that of one. A flow that crosses a link twice
// takes twice.

#include <cstddef>
#include <vector>

namespace foretrain::network {

struct Flow {
  std::vector<std::size_t> links;  // at least one; indices into the capacities
  double count = 1;
};

// Cost: O(rounds * flows * links of a flow), at most one round a link.
std::vector<double> max_min_rates(const std::vector<double>& capacities, const std::vector<Flow>& flows);

}  // namespace foretrain::network
