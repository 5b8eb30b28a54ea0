// Embedding and output head, both in BF16 (arXiv:2412.19437, section 3.3.1). Embedding: a gather, and a
// scatter-add into FP32 gradients. Head: final norm, projection to the vocabulary, cross entropy; logits wait
// for the backward in BF16.

#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

void add_embedding_forward(OpList& list, const Sizes& s) {
  const double rows = bf16_size(area(s.tokens, s.hidden)), ids = 8 * static_cast<double>(s.tokens);
  list.add("embedding_gather", stream(Family::embedding, s.tokens, s.hidden, rows + ids, rows), ids);
}

void add_embedding_weights(OpList& list, const Sizes& s) {
  const double size = area(s.tokens, s.hidden), ids = 8 * static_cast<double>(s.tokens);
  list.add("embedding_scatter_add", stream(Family::embedding, s.tokens, s.hidden,
                                           bf16_size(size) + fp32_size(size) + ids, fp32_size(size)));
}

void add_head_forward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden, v = s.vocabulary;
  const double hidden = bf16_size(area(t, h)), logits = bf16_size(area(t, v)), rows = fp32_size(area(t, 2));
  list.add("final_rmsnorm", norm(t, h), hidden * (s.recompute.norms ? 1 : 2));
  list.add("head_gemm", gemm(Precision::bf16, t, v, h), logits);
  list.add("cross_entropy", stream(Family::cross_entropy, t, v, logits, rows),
           rows);  // loss and log-sum of each row
}

void add_head_backward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden, v = s.vocabulary;
  const double logits = bf16_size(area(t, v)), rows = fp32_size(area(t, 2));
  list.add("cross_entropy_bwd", stream(Family::cross_entropy, t, v, logits + rows, logits));
  list.add("head_dgrad", gemm(Precision::bf16, t, h, v));
  list.add_if(s.recompute.norms, "final_rmsnorm_recompute", norm(t, h));
  list.add("final_rmsnorm_bwd", norm_gradient(t, h));
  list.add("norm helper", norm_weight_gradient(h, 1));
}

void add_head_weights(OpList& list, const Sizes& s) {
  list.add("head_wgrad", weight_gradient(Precision::bf16, s.vocabulary, s.hidden, s.tokens));
}

}  // namespace foretrain::model
