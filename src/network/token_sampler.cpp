#include "network/token_sampler.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include "base/elementary.hpp"
#include "network/normal_quantile.hpp"

namespace foretrain::network {

TokenSampler::TokenSampler(const ExpertRouting& r)
    : top_k_(r.top_k),
      per_group_(r.experts / r.groups),
      depth_(static_cast<std::size_t>(std::min(r.group_scored_by, per_group_))),
      kept_(static_cast<std::size_t>(r.top_groups)),
      groups_(static_cast<std::size_t>(r.groups)),
      best_(groups_.size() * depth_),
      order_(groups_.size()),
      chosen_(groups_.size()),
      minus_log_(-53, 0, 7, [](double u) { return -natural_log(u); }),
      normal_score_(-24, 5, 6, [](double t) { return normal_quantile(natural_exp(-t)); }) {
  one_over_.push_back(0);
  for (std::int64_t n = 1; n <= per_group_; ++n) one_over_.push_back(1 / static_cast<double>(n));
}

double TokenSampler::next(Group& g, Rng& rng) const {
  if (g.left == 0) return std::numeric_limits<double>::infinity();
  const double exponential = minus_log_(1 - rng.uniform());
  return g.drawn += exponential * one_over_[static_cast<std::size_t>(g.left--)];
}

double TokenSampler::score(std::size_t group, Rng& rng) {
  Group& g = groups_[group];
  g.drawn = 0;
  g.left = per_group_;
  double sum = 0;
  for (std::size_t i = group * depth_; i < (group + 1) * depth_; ++i)
    sum += normal_score_(best_[i] = next(g, rng));
  g.head = best_[group * depth_];
  return sum;
}

const std::vector<std::int64_t>& TokenSampler::draw(Rng& rng) {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    order_[g] = {score(g, rng), g};
    chosen_[g] = 0;
  }
  std::sort(order_.begin(), order_.end(), std::greater<>());  // a handful of groups
  for (std::int64_t k = 0; k < top_k_; ++k) {
    std::size_t from = order_[0].second;
    for (std::size_t i = 1; i < kept_; ++i)
      if (groups_[order_[i].second].head < groups_[from].head) from = order_[i].second;
    const auto taken = static_cast<std::size_t>(++chosen_[from]);
    groups_[from].head = taken < depth_ ? best_[from * depth_ + taken] : next(groups_[from], rng);
  }
  return chosen_;
}

}  // namespace foretrain::network
