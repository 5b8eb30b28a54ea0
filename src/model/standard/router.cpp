// The router of a mixture-of-experts layer (BF16 matrix, FP32 scores) and the copies of tokens that it sends
// away: megatron/core/transformer/moe/{router,moe_utils,token_dispatcher}.py of NVIDIA/Megatron-LM.

#include "model/kernels.hpp"
#include "model/standard/linear.hpp"
#include "model/standard/parts.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

Linear router(const Shapes& s) {
  return {.name = "router",
          .cut = Cut::none,
          .n = s.spec.moe.experts,
          .k = s.hidden,
          .quantised = false,
          .input = s.recompute().norms ? Input::recomputed : Input::kept};
}

// Passes over tokens x experts in FP32, tiny each.
Kernel small_kernels(const Shapes& s, double reads, double writes, int launches) {
  const double scores = fp32_size(area(s.rows, s.spec.moe.experts));
  return stream(Family::gating, s.rows, s.spec.moe.experts, reads * scores, writes * scores, launches);
}

// Tokens to their copies, one row each, sorted by expert; or the copies summed back.
Kernel copies_of_tokens(const Shapes& s, bool spread) {
  const double tokens = bf16_size(area(s.rows, s.hidden)), copies = bf16_size(area(s.copies, s.hidden));
  return stream(Family::permute, s.copies, s.hidden, spread ? tokens : copies, spread ? copies : tokens);
}

}  // namespace

void add_router_forward(OpList& list, const Shapes& s) {
  const double scores = area(s.rows, s.spec.moe.experts);
  add_linear_forward(list, s, router(s));
  // Softmax, top-k, probabilities and map each cleared and scattered, the map as booleans, rows per expert,
  // and the balance loss: scores, their sum, product and sum.
  list.add("routing", small_kernels(s, 4.5, 4.5, 12), fp32_size(scores) + scores);
  list.add("row_map", stream(Family::permute, s.copies, 1, scores, 8.0 * static_cast<double>(s.copies)),
           8.0 * static_cast<double>(s.copies));
  if (s.kernels().expanded_dispatch) list.add("copy_tokens", copies_of_tokens(s, true));
}

void add_router_backward(OpList& list, const Shapes& s) {
  if (s.kernels().expanded_dispatch) list.add("copy_tokens_bwd", copies_of_tokens(s, false));
  list.add("routing_bwd", small_kernels(s, 5, 4, 8));
  if (s.recompute().norms && s.shared_ffn == 0) add_norm_again(list, s, "mlp_norm", s.rows, s.hidden);
  add_linear_backward(list, s, router(s));
  add_sum(list, "router_grad_add", s.rows, s.hidden);
  if (s.shared_ffn > 0) add_sum(list, "shared_grad_add", s.rows, s.hidden);
}

void add_router_weights(OpList& list, const Shapes& s) {
  add_linear_weights(list, s, router(s));
}

}  // namespace foretrain::model::standard
