#pragma once
// The op lists of any transformer under the standard stack: Megatron-LM, Megatron-Core with Transformer
// Engine, FSDP. What is fused, cast and overlapped is in Work (kernels, precision, cuts).
//
// Which GEMMs follow the recipe: those of attention projections and feed-forward parts. In BF16 always:
// router, attention core, head. Full recompute (`recompute.layers`): a layer keeps its input alone, and its
// backward begins with the whole forward again, collectives and (see exchange_again) token exchange included.
// Left out: capacity limits (Work states the rows), attention sinks, biases of MLA, padding of odd shapes,
// reductions of replicated weights' gradients at a step's end.

#include "model/ops.hpp"

namespace foretrain::model::standard {

UnitOps list_ops(const TransformerSpec& spec, Unit unit, const Work& work);

}  // namespace foretrain::model::standard
