#include "network/fair_share.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace foretrain::network {

std::vector<double> max_min_rates(const std::vector<double>& capacities, const std::vector<Flow>& flows) {
  std::vector<double> left = capacities, weight(capacities.size(), 0.0), rates(flows.size(), 0.0);
  std::vector<std::size_t> active(flows.size());
  for (std::size_t f = 0; f < flows.size(); ++f) {
    check(!flows[f].links.empty() && flows[f].count > 0, "a flow needs a link and a positive count");
    for (const std::size_t l : flows[f].links) weight[l] += flows[f].count;
    active[f] = f;
  }
  while (!active.empty()) {
    double level = std::numeric_limits<double>::infinity();
    for (const std::size_t f : active)
      for (const std::size_t l : flows[f].links) level = std::min(level, left[l] / weight[l]);
    // Links within rounding of the level fill in the same round: equal shares must freeze together.
    const double limit = level * (1 + 1e-12);
    std::vector<bool> full(capacities.size(), false);
    for (const std::size_t f : active)
      for (const std::size_t l : flows[f].links) full[l] = left[l] / weight[l] <= limit;
    const auto frozen = std::stable_partition(active.begin(), active.end(), [&](std::size_t f) {
      return std::none_of(flows[f].links.begin(), flows[f].links.end(),
                          [&](std::size_t l) { return full[l]; });
    });
    for (auto it = frozen; it != active.end(); ++it) {
      rates[*it] = std::max(level, 0.0);
      for (const std::size_t l : flows[*it].links) {
        left[l] -= level * flows[*it].count;
        weight[l] -= flows[*it].count;
      }
    }
    active.erase(frozen, active.end());
  }
  return rates;
}

}  // namespace foretrain::network
