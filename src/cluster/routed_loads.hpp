#pragma once
// How routing loads the GPUs of a token group: rows of each, and of the node each stands in.

#include <vector>

#include "base/random.hpp"
#include "cluster/unfolded.hpp"

namespace foretrain::cluster {

// One layer of one micro-batch, by the spread that the software profile states (network/row_spread.hpp).
RoutingDraw draw_rows(Rng& rng, const ChunkInputs& inputs);

// The most layers of a stage that exchange tokens.
std::int32_t most_routed_layers(const ChunkInputs& inputs);

// What stated popularity makes of each routed layer's experts.
RoutedExperts list_experts(const StepSpec& spec, const ChunkInputs& inputs,
                           const model::Popularity& popularity);

// Of every stage, micro-batch and layer of a replica (ReplicaWork::loads); empty where routing is balanced.
// Each stage and micro-batch has a stream of its own, so that neither order nor faults disturb a draw.
// O(stages * micro_batches * layers * lanes).
std::vector<RoutedLoad> draw_loads(const StepSpec& spec, const ChunkInputs& inputs, const UnfoldedStep& step,
                                   const ReplicaWork& work);

}  // namespace foretrain::cluster
