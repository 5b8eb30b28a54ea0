#pragma once
// The attention core of the standard stack, from queries, keys and values to the context, in BF16 whatever
// the recipe (Transformer Engine's default; FP8 attention is left out).
//
// Flash (arXiv:2307.08691): one kernel over the causal half or the window; the backward runs five matmuls.
// Unfused (Megatron-LM before 2023): scores, softmax, dropout and context are kernels of their own over the
// whole s x s square, whatever the mask; keys and values of grouped heads are repeated first.
// `recompute.attention_core` runs the whole core again in the backward and keeps none of its insides
// (arXiv:2205.05198, section 5).

#include "model/standard/shapes.hpp"

namespace foretrain::model::standard {

void add_core_forward(OpList& list, const Shapes& s);
void add_core_backward(OpList& list, const Shapes& s);

}  // namespace foretrain::model::standard
