#pragma once
// A linear layer of the standard stack with everything around its GEMMs: casts of the precision recipe, and
// the collectives of its cut.
//
// Cuts (Megatron-LM, arXiv:1909.08053, section 3; with sequence parallelism arXiv:2205.05198, section 4.2.2):
//   column: n is shared. Without sequence parallelism the backward ends in an all-reduce of dX; with it the
//           forward gathers X, the backward gathers X again for the weight gradient and scatters dX.
//   row:    k is shared. Without: the forward ends in an all-reduce of Y. With: it scatters Y, the backward
//           gathers dY.
//
// Casts: a quantised layer casts X and dY, each once for the two GEMMs that read it (row-wise for the one,
// column-wise for the other); in one kernel with fused_cast_transpose, else in two. The column-wise copy of X
// is what is kept. Weights are cast when they change, once a step, and the copy serves all micro-batches
// (`is_first_microbatch` of NVIDIA/TransformerEngine@0004dbd, pytorch/module/linear.py): not listed. Gathers
// carry X and dY cast, sums are in BF16; what fp8_tensor gathers is turned afterwards (same file). A tensor
// is read twice where its largest value decides scales: nvfp4 (arXiv:2509.25149), and fp8_tensor with
// current_scaling (Float8CurrentScalingQuantizer of Transformer Engine). Left out: norms that write FP8
// themselves, kernels that lay out the scales of mxfp8 and nvfp4 for the GEMM (later casts do it), layers
// that a recipe leaves in BF16.

#include <string>

#include "model/standard/shapes.hpp"

namespace foretrain::model::standard {

enum class Cut : std::uint8_t { none, column, row };

// What becomes of X until the weight gradient reads it.
enum class Input : std::uint8_t {
  kept,
  recomputed,  // made again in the backward, and cast again
  shared,      // another op keeps it; a quantised layer still keeps its cast
};

struct Linear {
  std::string name;
  Cut cut{};
  std::int64_t n = 0, k = 0;  // of this GPU's part
  bool quantised = true;      // in the work's precision; else BF16
  Input input = Input::kept;
};

void add_linear_forward(OpList& list, const Shapes& s, const Linear& layer);
void add_linear_backward(OpList& list, const Shapes& s, const Linear& layer);
// `columns` of Y once more, from X as the backward has it.
void add_linear_again(OpList& list, const Shapes& s, const Linear& layer, std::int64_t columns);
void add_linear_weights(OpList& list, const Shapes& s, const Linear& layer);

// The experts' matrices, one problem an expert over the routed rows.
void add_experts_linear_forward(OpList& list, const Shapes& s, const Linear& layer);
void add_experts_linear_backward(OpList& list, const Shapes& s, const Linear& layer);
void add_experts_linear_weights(OpList& list, const Shapes& s, const Linear& layer);

// Of n elements in BF16, both layouts (or the column-wise one alone, for what is cast again).
void add_cast(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n,
              double kept = 0);
void add_column_cast(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n);

// What adds a BF16 gradient of m x n into the main gradients, where the GEMM does not.
void add_accumulation(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n);

Communication collective(Pattern pattern, const Shapes& s, std::int64_t columns, double element_size,
                         Beside beside = Beside::nothing);

}  // namespace foretrain::model::standard
