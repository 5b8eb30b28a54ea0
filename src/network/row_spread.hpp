#pragma once
// How unevenly the rows of one layer and micro-batch fall on the GPUs of an expert-parallel group.
//
// Rows are a Dirichlet-multinomial draw: shares of the ranks from a symmetric Dirichlet distribution, then
// every row to a rank by those shares. With N rows over n ranks its relative variance is
//     (n - 1) / N * (N + A) / (1 + A),    A = the sum of the Dirichlet's parameters
// (Johnson, Kotz, Balakrishnan, "Discrete Multivariate Distributions", 1997, chapter 35), which is solved for
// A. Even perfectly balanced experts have the multinomial's (n - 1) / N: 0.55 % for 32,768 rows a GPU on 64
// GPUs. The eight samples of the DeepSeek-V3 training trace (deepseek-ai/profile-data@4496024) have 8.0 %.
//
// Left out: ranks that stay hot from layer to layer, and the spread between the experts of one GPU.

#include <cstdint>
#include <vector>

#include "base/random.hpp"

namespace foretrain::network {

struct Padding {  // grouped GEMMs pad each local expert's rows to a multiple; 1 and 1: none
  std::int64_t experts_per_rank = 1, multiple = 1;
};

struct RankRows {
  std::int64_t rows = 0;
  double padded = 0;  // expected where experts are uneven: (multiple - 1) / 2 empty rows an expert
};

double balanced_spread(std::int64_t ranks,
                       double mean_rows);  // the multinomial's relative standard deviation

// Sums to ranks * mean_rows, rounded. A relative_sd of 0 means no draw at all: every rank the same, padding
// exact. A positive one below balanced_spread() gives balanced_spread().
std::vector<RankRows> sample_rows(Rng& rng, std::int64_t ranks, double mean_rows, double relative_sd,
                                  Padding padding);

}  // namespace foretrain::network
