// Embedding and head, both cut along the vocabulary (arXiv:1909.08053, section 3). The head multiplies in
// BF16 whatever the recipe.

#include "model/kernels.hpp"
#include "model/standard/linear.hpp"
#include "model/standard/parts.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

Linear head(const Shapes& s) {
  return {.name = "head",
          .cut = Cut::column,
          .n = s.vocabulary,
          .k = s.hidden,
          .quantised = false,
          .input = s.recompute().norms ? Input::recomputed : Input::kept};
}

double ids_size(const Shapes& s) {
  return 8 * static_cast<double>(s.tokens);
}

// One fused kernel, or plain passes, which run as fast as any copy.
Kernel logits_pass(const Shapes& s, double read, double written, int launches) {
  const double size = area(s.tokens, s.vocabulary);
  const bool fused = s.kernels().fused_cross_entropy;
  return stream(fused ? Family::cross_entropy : Family::elementwise, s.tokens, s.vocabulary, read * size,
                written * size, launches);
}

// A value (or two) of each token, in FP32.
void add_row_reduce(OpList& list, const Shapes& s, const std::string& name, std::int64_t values) {
  if (s.tensor > 1) list.add(name, collective(Pattern::all_reduce, s, values, 4));
}

}  // namespace

void add_embedding_forward(OpList& list, const Shapes& s) {
  const auto t = s.tokens, h = s.hidden;
  const double rows = bf16_size(area(t, h));
  list.add("embedding", stream(Family::embedding, t, h, rows + ids_size(s), rows), ids_size(s));
  if (s.tensor > 1 && !s.sequence_cut) list.add("embedding_reduce", collective(Pattern::all_reduce, s, h, 2));
  if (s.sequence_cut) list.add("embedding_scatter", collective(Pattern::reduce_scatter, s, h, 2));
  if (s.spec.position == Position::learned) add_sum(list, "position_add", s.rows, h);
  if (s.kernels().dropout)
    list.add("embedding_dropout",
             stream(Family::dropout, s.rows, h, 2 * area(s.rows, h), 3 * area(s.rows, h)), area(s.rows, h));
}

// The gradient of the whole table is cleared, filled by rows and added to the main gradients: PyTorch's
// embedding has dense gradients and no accumulating kernel.
void add_embedding_weights(OpList& list, const Shapes& s) {
  const auto t = s.tokens, h = s.hidden;
  const double rows = area(t, h), table = area(s.vocabulary, h);
  if (s.kernels().dropout)
    list.add("embedding_dropout_bwd",
             stream(Family::dropout, s.rows, h, 3 * area(s.rows, h), 2 * area(s.rows, h)));
  if (s.sequence_cut) list.add("embedding_gather", collective(Pattern::all_gather, s, h, 2));
  if (s.spec.position == Position::learned) add_bias_gradient(list, "position_grad", s.rows, h);
  list.add("embedding_clear", stream(Family::memset_copy, s.vocabulary, h, 0, bf16_size(table)));
  list.add("embedding_scatter_add",
           stream(Family::embedding, t, h, 2 * bf16_size(rows) + ids_size(s), bf16_size(rows)));
  if (s.kernels().accumulate_fp32 || !s.kernels().fused_accumulation)
    add_accumulation(list, s, "embedding", s.vocabulary, h);
}

// Cross entropy over a cut vocabulary (Megatron-LM, core/tensor_parallel/cross_entropy.py). In passes: to
// FP32 (2 bytes read, 4 written), largest (4, 0), subtracted (4, 4), exponentials (4, 4), their sum (4, 0),
// divided (4, 4); kept in FP32. Fused, over BF16 logits: largest and sum in one pass (2, 0), the gradient
// written in place in a second (2, 2), scaled by the loss's gradient in the backward (2, 2):
// NVIDIA/TransformerEngine@02965d2, pytorch/triton/cross_entropy.py.
void add_head_forward(OpList& list, const Shapes& s) {
  const double size = area(s.tokens, s.vocabulary), rows = fp32_size(static_cast<double>(2 * s.tokens));
  const bool fused = s.kernels().fused_cross_entropy;
  add_norm(list, s, "final_norm", s.rows, s.hidden);
  add_linear_forward(list, s, head(s));
  if (fused)
    list.add("cross_entropy", logits_pass(s, 4, 2, 2), bf16_size(size) + rows);
  else
    list.add("cross_entropy", logits_pass(s, 22, 16, 6), fp32_size(size) + rows);
  add_row_reduce(list, s, "logits_largest_reduce", 1);
  add_row_reduce(list, s, "logits_sums_reduce", 2);
}

void add_head_backward(OpList& list, const Shapes& s) {
  // In passes: the loss's gradient times the probabilities (4, 4), to BF16 (4, 2).
  const bool fused = s.kernels().fused_cross_entropy;
  list.add("cross_entropy_bwd", fused ? logits_pass(s, 2, 2, 1) : logits_pass(s, 8, 6, 2));
  if (s.recompute().norms) add_norm_again(list, s, "final_norm", s.rows, s.hidden);
  add_linear_backward(list, s, head(s));
  add_norm_backward(list, s, "final_norm", s.rows, s.hidden);
}

void add_head_weights(OpList& list, const Shapes& s) {
  add_linear_weights(list, s, head(s));
}

}  // namespace foretrain::model::standard
