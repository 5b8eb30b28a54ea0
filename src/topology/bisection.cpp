#include "topology/bisection.hpp"

#include <cmath>

#include "topology/max_flow.hpp"

namespace foretrain::topology {

Bisection cut_by_flow(const Fabric& fabric) {
  const std::size_t nodes = fabric.nodes.size(), source = nodes, sink = nodes + 1;
  constexpr double unit = 1e6;  // MB/s: whole numbers keep the flow exact
  constexpr std::int64_t endless = std::int64_t{1} << 40;
  MaxFlow flow(nodes + 2);
  for (const Link& link : fabric.links) {
    const auto capacity = std::int64_t{std::llround(link.capacity.base() / unit)};
    flow.join(index_of(link.a), index_of(link.b), capacity, capacity);
  }
  for (std::size_t e = 0; e < fabric.endpoints.size(); ++e) {
    if (e < fabric.endpoints.size() / 2)
      flow.join(source, index_of(fabric.endpoints[e]), endless, 0);
    else
      flow.join(index_of(fabric.endpoints[e]), sink, endless, 0);
  }
  flow.run(source, sink);
  Bisection cut{.links = 0, .one_way = {}, .exact = false, .how = "between halves of the endpoints in order"};
  for (const Link& link : fabric.links) {
    if (flow.on_source_side(index_of(link.a)) == flow.on_source_side(index_of(link.b))) continue;
    if (!(link.capacity.base() > 0)) continue;
    ++cut.links;
    cut.one_way += link.capacity;
  }
  return cut;
}

std::optional<Bisection> find_bisection(const Fabric& fabric, std::size_t most_links) {
  if (fabric.bisection) return fabric.bisection;
  if (fabric.links.size() > most_links || fabric.endpoints.size() < 2) return std::nullopt;
  return cut_by_flow(fabric);
}

}  // namespace foretrain::topology
