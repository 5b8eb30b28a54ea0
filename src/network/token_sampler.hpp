#pragma once
// Draws, token by token, how many of a token's experts lie in each group under group-limited routing.
//
// The scores of a group are drawn from the best down and only as far as they are needed: minus the logarithm
// of the i-th best of n uniform ranks is a sum of exponentials over n, n - 1, ... (Renyi 1953). A rank is
// turned into a normal score only where scores are added, in the score of a group. Logarithms and scores come
// from tables (log_table.hpp), which makes it ten times faster.

#include <cstdint>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "network/log_table.hpp"
#include "network/routing.hpp"

namespace foretrain::network {

class TokenSampler {
 public:
  explicit TokenSampler(const ExpertRouting& routing);

  const std::vector<std::int64_t>& draw(Rng& rng);  // experts chosen in each group; valid until the next draw

 private:
  struct Group {
    double drawn = 0;       // minus log rank of the last one drawn: 0 is best
    std::int64_t left = 0;  // not yet drawn
    double head = 0;        // minus log rank of the best one not yet chosen
  };

  double next(Group& group, Rng& rng) const;
  double score(std::size_t group, Rng& rng);

  std::int64_t top_k_, per_group_;
  std::size_t depth_, kept_;
  std::vector<Group> groups_;
  std::vector<double> best_;                           // minus log ranks that make a group's score, by group
  std::vector<std::pair<double, std::size_t>> order_;  // score and group
  std::vector<std::int64_t> chosen_;
  std::vector<double> one_over_;
  LogTable minus_log_, normal_score_;
};

}  // namespace foretrain::network
