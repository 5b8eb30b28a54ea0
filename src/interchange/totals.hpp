#pragma once
// What a workload holds, counted: nodes by kind, bytes of messages and of each kind of collective, FLOPs.
// Cost: O(nodes).

#include <array>

#include "interchange/workload.hpp"

namespace foretrain::interchange {

struct Totals {
  std::uint64_t compute = 0, sends = 0, receives = 0, collectives = 0;
  Bytes messages{};
  std::array<std::uint64_t, collective_kinds> counts{};  // of ranks in them; folded ones too
  std::array<std::uint64_t, collective_kinds> folded{};  // of those, compute nodes
  std::array<Bytes, collective_kinds> bytes{};           // as ranks put them in
  Flops work{};
  Bytes moved{};
  std::uint64_t nodes() const { return compute + sends + receives + collectives; }
};

// Adds one rank's nodes, as if `times` ranks had them.
void add(const std::vector<Node>& nodes, double times, Totals& totals);
Totals totals_of(const Workload& workload);

}  // namespace foretrain::interchange
