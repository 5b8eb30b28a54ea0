#pragma once
// Reads a timeline: what each rank did, for how long, and how long it did nothing. Not here: why (a bubble
// has many causes; they are told apart by switching them off one at a time).

#include <array>
#include <cstdint>
#include <vector>

#include "cluster/pipeline.hpp"

namespace foretrain::cluster {

inline constexpr std::size_t action_count = 5;  // of plan::Action, in its order

struct RankMetrics {
  std::array<sim::Ticks, action_count> busy_by{};   // forward, backward, input_backward, weight, pair
  std::array<std::int32_t, action_count> counts{};  // likewise
  sim::Ticks busy{};                                // their sum
  sim::Ticks bubble{};  // makespan - busy, waits before the first chunk and after the last included
  std::int32_t peak_activations = 0;  // plan::peak_activations
};

// One entry a rank of one lane (group * lanes_per_group + lane).
std::vector<RankMetrics> measure(const plan::Program& program, const Timeline& timeline,
                                 std::size_t lane = 0);

}  // namespace foretrain::cluster
