#pragma once
// Experts that tokens like unequally: how often each is chosen, what DeepSeek's balancing by biases makes of
// it, and how many tokens each gets in one layer of one micro-batch.
//
// A token's affinity to expert e is s_e = sigmoid(a_e + z), z a logistic variable of its own, and it chooses
// the experts with s_e + b_e above a threshold that lets it choose top_k on average. For many experts that is
// the top_k best (the k-th best score of a token varies little); so e is chosen with the chance
//
//   p_e = 1 / (1 + exp(-a_e) t / (1 - t)),  t = threshold - b_e in (0, 1);   sum of p_e = top_k
//
// a_e comes from the popularity without biases. Balancing without an auxiliary loss (Wang et al.,
// arXiv:2408.15664, algorithm 1) then moves every bias by `rate` a step, up where the load is below the mean
// and down where it is above. The shape of affinities is not published; the logistic one makes p_e closed. In
// the end loads swing by what one step moves: for 8 of 256 equal experts 3 % at 0.001, more where affinities
// lie near one. Left out: the limit of groups a token, under which a popular group's second best experts
// profit.

#include <cstdint>
#include <vector>

#include "base/random.hpp"

namespace foretrain::network {

using Chances = std::vector<double>;  // [expert] that a token chooses it; they add up to top_k

// Proportional to the weights as far as no chance exceeds one. Precondition: top_k <= experts.
Chances chances_of(std::vector<double> weights, double top_k);
Chances zipf_chances(std::int64_t experts, double top_k, double exponent);  // most popular first
Chances hot_chances(std::int64_t experts, double top_k, double times);      // the first is hot

// After so many steps of balancing. O(steps * experts).
Chances balanced_by_bias(const Chances& chances, std::int64_t steps, double rate);

// Tokens of each expert: as many choices as tokens * top_k, one multinomial draw.
std::vector<std::int64_t> draw_tokens(Rng& rng, const Chances& chances, std::int64_t tokens);

}  // namespace foretrain::network
