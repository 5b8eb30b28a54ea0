#pragma once
// How many of a unit's parameters lie on one GPU of a layout, and how many GPUs hold the same ones.
//
// Tensor parallelism cuts the matrices of a layer, the embedding and the head; norms and the gate are whole
// on each GPU. Experts are cut by expert and expert tensor parallelism. ZeRO is not counted here: what it
// shards depends on its stage. Left out: key and value heads that are copied where they are fewer than the
// tensor-parallel GPUs.

#include "plan/plan.hpp"

namespace foretrain::plan {

struct Parameters {
  double dense = 0, expert = 0;  // routed experts apart
  double all() const { return dense + expert; }
};

Parameters parameters_on_gpu(const model::TransformerSpec& model, const PlanSpec& plan, model::Unit unit);

// GPUs that hold the same parameters: replicas, and under DualPipe the mirrored rank too.
struct Copies {
  std::int64_t dense = 1, expert = 1;
};
Copies copies_of(const PlanSpec& plan);

// GPUs that share one copy under ZeRO 3, and how many such copies there are.
struct Shards {
  std::int64_t dense = 1, expert = 1;                // GPUs that share
  std::int64_t dense_copies = 1, expert_copies = 1;  // groups of them
};
Shards shards_of(const PlanSpec& plan);

// Bytes of one gathered parameter: the profile's, but never fewer than 2 where linear layers run in BF16.
double gathered_bytes(const PlanSpec& plan, const SoftwareSpec& software);

}  // namespace foretrain::plan
