// The gate of a mixture-of-experts layer (arXiv:2412.19437, section 2.1.2): scores in BF16 and FP32, the
// choice of groups and experts as many small kernels.

#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

namespace {

// The small kernels move matrices of tokens x experts in FP32; `reads` and `writes` count them in the trace's
// launches (sigmoid, masks, sums, top-k and their gradients). Kernels over tokens alone are left out.
Kernel small_kernels(const Sizes& s, int reads, int writes, int launches) {
  const double scores = fp32_size(area(s.tokens, s.experts));
  return stream(Family::gating, s.tokens, s.experts, reads * scores, writes * scores, launches);
}

}  // namespace

void add_gate_forward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const double scores = fp32_size(area(t, s.experts));
  const double chosen = area(t, s.top_k) * (8 + 4);  // index (8 B) and weight of each expert of a token
  list.add("gate_gemm_bf16", gemm(Precision::bf16, t, s.experts, h));
  list.add("gating/topk small kernels", small_kernels(s, 11, 7, 33), scores + chosen);
  list.add("memset/memcpy", stream(Family::memset_copy, t, s.top_k, 2 * chosen, 2 * chosen, 4));
  list.add_if(s.fp8(), "dispatch_in_cast", fp8_cast(t, h), s.recompute.norms ? 0 : fp8_size(area(t, h)));
}

void add_gate_backward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const double hidden = bf16_size(area(t, h)), chosen = area(t, s.top_k) * 4;
  list.add("gating bwd small kernels", small_kernels(s, 12, 12, 25));
  list.add("memset/memcpy", stream(Family::memset_copy, t, s.top_k, 0, chosen));
  list.add("gate_dgrad_bf16", gemm(Precision::bf16, t, h, s.experts));
  list.add("gate_wgrad_bf16", weight_gradient(Precision::bf16, s.experts, h, t));
  // The gate's gradient joins the experts', and (at the end of the block, listed here as the trace's table
  // does) the two down projections' gradients join.
  list.add("grad_add", stream(Family::elementwise, t, h, 4 * hidden, 2 * hidden, 2));
}

}  // namespace foretrain::model
