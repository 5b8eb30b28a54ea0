#include "interchange/totals.hpp"

namespace foretrain::interchange {

void add(const std::vector<Node>& nodes, double times, Totals& totals) {
  const auto count = static_cast<std::uint64_t>(times);
  for (const Node& n : nodes) {
    totals.work += n.work * times;
    totals.moved += n.moved * times;
    if (n.kind == NodeKind::collective || n.folded) {
      const auto kind = static_cast<std::size_t>(n.collective);
      totals.counts[kind] += count;
      if (n.folded) totals.folded[kind] += count;
      totals.bytes[kind] += n.size * times;
    }
    switch (n.kind) {
      case NodeKind::compute:
        totals.compute += count;
        break;
      case NodeKind::send:
        totals.sends += count;
        totals.messages += n.size * times;
        break;
      case NodeKind::receive:
        totals.receives += count;
        break;
      case NodeKind::collective:
        totals.collectives += count;
        break;
    }
  }
}

Totals totals_of(const Workload& workload) {
  Totals totals;
  for (const auto& nodes : workload.ranks) add(nodes, 1, totals);
  return totals;
}

}  // namespace foretrain::interchange
