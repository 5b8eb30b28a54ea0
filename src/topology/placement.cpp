#include "topology/placement.hpp"

#include <numeric>
#include <utility>

#include "base/random.hpp"

namespace foretrain::topology {

Placement place_in_order(const ClusterSpec& cluster) {
  Placement gpus(static_cast<std::size_t>(cluster.gpus));
  std::iota(gpus.begin(), gpus.end(), 0U);
  return gpus;
}

Placement place_at_random(const ClusterSpec& cluster, std::uint64_t seed) {
  Placement gpus = place_in_order(cluster);
  const auto domain = static_cast<std::size_t>(cluster.nvlink_gpus());
  std::vector<std::uint32_t> places(gpus.size() / domain);
  std::iota(places.begin(), places.end(), 0U);
  Rng rng(seed, "placement");
  for (std::size_t i = places.size(); i > 1; --i) std::swap(places[i - 1], places[rng.uniform(i)]);
  for (std::size_t g = 0; g < places.size() * domain; ++g)
    gpus[g] = static_cast<std::uint32_t>(places[g / domain] * domain + g % domain);
  return gpus;
}

}  // namespace foretrain::topology
