#include "network/load_sampler.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/elementary.hpp"
#include "network/normal_quantile.hpp"

namespace foretrain::network {
namespace {

double gamma_load(double minus_log_rank, double sd) {
  const double z = normal_quantile(natural_exp(-minus_log_rank));
  const double root = std::max(0.0, 1 - sd * sd / 9 + z * sd / 3);
  return root * root * root;
}

}  // namespace

// Loads that sum to a fixed total deviate by sqrt(1 - 1/n) of what independent ones would; the latter are
// drawn.
LoadSampler::LoadSampler(std::int64_t ranks, double relative_sd)
    : ranks_(ranks),
      spread_(relative_sd > 0 && ranks > 1),
      minus_log_(-53, 0, 7, [](double u) { return -natural_log(u); }),
      load_(-30, 5, 6, [&](double t) {
        return spread_ ? gamma_load(t, relative_sd / std::sqrt(1 - 1 / static_cast<double>(ranks))) : 1.0;
      }) {
  check(ranks > 0 && relative_sd >= 0, "loads need ranks and a spread");
}

DrawnLoads LoadSampler::draw(Rng& rng) const {
  if (!spread_) return {};
  const double most = minus_log_(1 - rng.uniform()) / static_cast<double>(ranks_);
  if (rng.uniform(static_cast<std::uint64_t>(ranks_)) == 0) return {load_(most), load_(most)};
  return {load_(most + minus_log_(1 - rng.uniform())), load_(most)};
}

}  // namespace foretrain::network
