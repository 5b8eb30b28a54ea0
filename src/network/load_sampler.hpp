#pragma once
// The loads that decide how long one layer's exchange and experts take: that of a rank and that of the
// fullest rank of its group, relative to the mean, drawn together in constant time. Where a simulation asks
// for every layer and micro-batch, this stands for sample_rows (row_spread.hpp), which draws all ranks.
//
// Loads are gamma variables of mean 1 and the given deviation, alike and independent but for their fixed sum,
// by the cube of a normal variable (Wilson and Hilferty, PNAS 17, 1931). The fullest of n is the n-th root of
// a uniform rank; a given rank is the fullest with chance 1/n and below it otherwise. For nodes instead of
// GPUs, take the nodes as ranks and their own, smaller deviation (sd / sqrt(GPUs) when GPUs are independent).
// Left out: the fixed sum's effect on the pair beyond its variance; deviations above about 0.5, where the
// cube fails.

#include <cstdint>

#include "base/random.hpp"
#include "network/log_table.hpp"

namespace foretrain::network {

struct DrawnLoads {
  double own = 1, most = 1;
};

class LoadSampler {
 public:
  LoadSampler(std::int64_t ranks, double relative_sd);
  DrawnLoads draw(
      Rng& rng) const;  // exactly {1, 1}, with nothing drawn, where relative_sd is 0 or the rank is alone

 private:
  std::int64_t ranks_;
  bool spread_;
  LogTable minus_log_, load_;  // load by minus log rank
};

}  // namespace foretrain::network
