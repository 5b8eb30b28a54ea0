#pragma once
// Max-min fair rates the plain way, as the judge of network/fair_share.hpp, with which it shares no line: all
// rates are raised together, the flows on links that fill are frozen, and everything is counted anew in every
// round (Bertsekas and Gallager, "Data Networks", section 6.5.2). Cost: O(rounds * flows * links of a flow).

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace judge {

struct Flow {
  std::vector<std::size_t> links;  // at least one; indices into the capacities
  double count = 1;                // of identical flows; the rate is that of one
};

inline double level_of(const std::vector<double>& capacities, const std::vector<Flow>& flows,
                       const std::vector<double>& rates, std::size_t link) {
  double left = capacities[link], open = 0;
  for (std::size_t f = 0; f < flows.size(); ++f) {
    const auto crossings =
        static_cast<double>(std::count(flows[f].links.begin(), flows[f].links.end(), link)) * flows[f].count;
    if (rates[f] < 0)
      open += crossings;
    else
      left -= crossings * rates[f];
  }
  return open > 0 ? std::max(left, 0.0) / open : std::numeric_limits<double>::infinity();
}

inline std::vector<double> max_min_rates(const std::vector<double>& capacities,
                                         const std::vector<Flow>& flows) {
  std::vector<double> rates(flows.size(), -1);
  for (;;) {
    std::vector<double> levels;
    for (std::size_t l = 0; l < capacities.size(); ++l)
      levels.push_back(level_of(capacities, flows, rates, l));
    const double level = *std::min_element(levels.begin(), levels.end());
    if (level == std::numeric_limits<double>::infinity()) return rates;
    for (std::size_t f = 0; f < flows.size(); ++f) {
      const bool full = std::any_of(flows[f].links.begin(), flows[f].links.end(),
                                    [&](std::size_t l) { return levels[l] <= level * (1 + 1e-12); });
      if (rates[f] < 0 && full) rates[f] = level;
    }
  }
}

}  // namespace judge
