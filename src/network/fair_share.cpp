#include "network/fair_share.hpp"

#include <numeric>

namespace foretrain::network {
namespace {

struct Whole {
  const Flows& all;
  std::vector<std::vector<std::uint32_t>> by_channel;

  explicit Whole(const Flows& flows) : all(flows), by_channel(flows.capacities.size()) {
    for (std::size_t f = 0; f < all.flows.size(); ++f)
      for (const Crossing& x : all.path(f)) by_channel[x.channel].push_back(static_cast<std::uint32_t>(f));
  }
  double capacity(std::uint32_t channel) const { return all.capacities[channel]; }
  std::span<const Crossing> crossings(std::uint32_t flow) const { return all.path(flow); }
  const std::vector<std::uint32_t>& on(std::uint32_t channel) const { return by_channel[channel]; }
};

std::vector<std::uint32_t> numbers(std::size_t count) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

}  // namespace

std::vector<double> max_min_rates(const Flows& flows) {
  std::vector<double> rates(flows.flows.size(), 0.0);
  FairShare solver;
  solver.share(Whole(flows), numbers(flows.flows.size()), numbers(flows.capacities.size()), rates);
  return rates;
}

}  // namespace foretrain::network
