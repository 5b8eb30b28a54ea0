#include "study/survey.hpp"

#include "topology/bisection.hpp"

namespace foretrain::study {
namespace {

// What one half of the endpoints can send on links that are not inside a host.
Bandwidth half_of_sending(const topology::Fabric& fabric) {
  std::vector<bool> sends(fabric.nodes.size());
  for (const topology::NodeId node : fabric.endpoints) sends[index_of(node)] = true;
  Bandwidth sum{}, cards{};
  for (const topology::Link& link : fabric.links) {
    const int ends = static_cast<int>(sends[index_of(link.a)]) + static_cast<int>(sends[index_of(link.b)]);
    sum += static_cast<double>(ends) * link.capacity;
    if (link.kind == topology::LinkKind::nic) cards += link.capacity;
  }
  return (fabric.layout ? cards : sum) / 2;
}

}  // namespace

Survey survey(const spec::Network& network) {
  Survey s;
  s.counts = topology::count(network.fabric);
  s.distances = topology::measure_distances(network.fabric);
  s.bisection = topology::find_bisection(network.fabric);
  const Bandwidth half = half_of_sending(network.fabric);
  if (s.bisection && half.base() > 0) s.full_bisection = s.bisection->one_way / half;
  if (!network.prices) return s;
  NetworkCost cost;
  cost.switches = static_cast<double>(s.counts.switches) * network.prices->one_switch.value;
  cost.links = static_cast<double>(s.counts.trunks) * network.prices->one_link.value;
  cost.total = cost.switches + cost.links;
  cost.per_endpoint = cost.total / static_cast<double>(s.counts.endpoints);
  s.cost = cost;
  return s;
}

}  // namespace foretrain::study
