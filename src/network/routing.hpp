#pragma once
// Where the tokens of a mixture of experts go: how many nodes and GPUs one token visits on average, derived
// from the routing rule and never typed in.
//
// The rule of DeepSeek-V3 (technical report, section 2.1.2, node-limited routing; inference/model.py): a
// group scores the sum of its two best experts, the best `top_groups` groups stay, and the top_k best experts
// of those are taken. Scores are taken as independent and normal, as in the published training trace, whose
// gate adds normal noise (deepseek-ai/profile-data, README); that is what load balancing aims for. The shape
// matters little: V3 at EP64 visits 3.97 nodes with normal scores, 3.967 with their sigmoid, 3.952 with
// uniform ones. Experts lie on the ranks of an expert-parallel group in order, nodes are filled in order, and
// a token starts on any rank with equal chance.
//
// Left out: correlation between experts and skew between tokens (see row_spread.hpp for its effect on rows).

#include <cstdint>

#include "base/random.hpp"

namespace foretrain::network {

struct ExpertRouting {
  std::int64_t experts = 0, top_k = 0;
  std::int64_t groups = 1, top_groups = 1;  // groups == top_groups: no limit
  std::int64_t expert_parallel = 1, gpus_per_node = 8;
  std::int64_t group_scored_by = 2;  // best experts whose sum is the group's score (DeepEP's own test uses 1)
};

// Means over tokens. Own = of the GPU the token comes from.
struct TokenSpread {
  double nodes = 0;         // distinct nodes visited, the own one included where it holds a chosen expert
  double remote_nodes = 0;  // without the own node: copies that cross the rails
  double gpus = 0;  // distinct GPUs visited, the own one included: rows that a GPU receives, per token sent
  double remote_gpus = 0;    // of them, in other nodes
  double nvlink_copies = 0;  // of them, reached over NVLink: all but the same-index GPU of each node
  double nodes_error = 0, gpus_error = 0;  // standard errors; 0 where a closed form exists
};

// By closed form where groups do not limit, else by sampling `tokens` tokens. Preconditions: groups divides
// experts, expert_parallel divides experts, and gpus_per_node divides expert_parallel or is not less than it.
TokenSpread spread_of(const ExpertRouting& routing, Rng rng, std::int64_t tokens = 8000);

TokenSpread spread_unlimited(const ExpertRouting& routing);  // as if groups did not limit
TokenSpread spread_by_sampling(const ExpertRouting& routing, Rng rng, std::int64_t tokens);

}  // namespace foretrain::network
