// What a multi-token-prediction module does before its layer (arXiv:2412.19437, section 2.2): norms of the
// previous hidden state and of the next token's embedding, side by side, projected from 2h to h. The
// embedding is shared.

#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

void add_mtp_projection_forward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const bool fp8 = s.fp8(), keep_norms = !s.recompute.norms;
  const double hidden = bf16_size(area(t, h)), kept = hidden * (keep_norms && !fp8 ? 2 : 1);
  list.add("mtp_embedding_gather", stream(Family::embedding, t, h, hidden, hidden));
  list.add("mtp_hidden_norm", norm(t, h), kept);
  list.add("mtp_embedding_norm", norm(t, h), kept);
  list.add_if(fp8, "mtp_in_cast", fp8_cast(t, 2 * h), keep_norms ? fp8_size(area(t, 2 * h)) : 0);
  list.add_if(fp8, "mtp_scale_T", scale_transpose(t, {2 * h}));
  list.add("mtp_proj", gemm(s.precision, t, h, 2 * h));
}

void add_mtp_projection_backward(OpList& list, const Sizes& s) {
  const auto t = s.tokens, h = s.hidden;
  const bool fp8 = s.fp8(), again = s.recompute.norms;
  list.add_if(fp8, "mtp_dy_cast", fp8_cast(t, h));
  list.add_if(fp8, "mtp_w_T", weight_transpose(h, 2 * h));
  list.add_if(fp8, "mtp_scale_T", scale_transpose(t, {h}));
  list.add("mtp_dgrad", gemm(s.precision, t, 2 * h, h));
  list.add_if(fp8, "mtp_dy_colcast", column_cast(t, h, false));
  list.add_if(again, "mtp_norms_recompute", combined(norm(t, h), norm(t, h)));
  list.add_if(fp8, "mtp_x_colcast", column_cast(t, 2 * h, !again));
  list.add("mtp_norms_bwd", combined(norm_gradient(t, h), norm_gradient(t, h)));
  list.add("norm helper", norm_weight_gradient(2 * h, 2));
}

void add_mtp_projection_weights(OpList& list, const Sizes& s) {
  list.add("mtp_proj_wgrad", weight_gradient(s.precision, s.hidden, 2 * s.hidden, s.tokens));
  add_embedding_weights(list, s);
}

}  // namespace foretrain::model
