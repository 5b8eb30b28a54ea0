// What a multi-token-prediction module does before its layer (arXiv:2412.19437, section 2.2): norms of the
// hidden state and of the next token's embedding, side by side, projected from 2h to h; the outputs of the
// cut projection are gathered (Megatron-Core, core/transformer/multi_token_prediction.py).

#include "model/kernels.hpp"
#include "model/standard/linear.hpp"
#include "model/standard/parts.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

Linear projection(const Shapes& s) {
  return {.name = "mtp_proj",
          .cut = Cut::column,
          .n = (s.hidden + s.tensor - 1) / s.tensor,
          .k = 2 * s.hidden,
          .input = s.recompute().norms ? Input::recomputed : Input::kept};
}

}  // namespace

void add_mtp_forward(OpList& list, const Shapes& s) {
  add_embedding_forward(list, s);
  add_norm(list, s, "mtp_embedding_norm", s.rows, s.hidden);
  add_norm(list, s, "mtp_hidden_norm", s.rows, s.hidden);
  list.add("mtp_concat", layout_copy(s.rows, 2 * s.hidden));
  add_linear_forward(list, s, projection(s));
  if (s.tensor > 1) list.add("mtp_out_gather", collective(Pattern::all_gather, s, s.hidden, 2));
}

void add_mtp_backward(OpList& list, const Shapes& s) {
  if (s.recompute().norms) {
    add_norm_again(list, s, "mtp_embedding_norm", s.rows, s.hidden);
    add_norm_again(list, s, "mtp_hidden_norm", s.rows, s.hidden);
    list.add("mtp_concat_recompute", layout_copy(s.rows, 2 * s.hidden));
  }
  if (s.sequence_cut) list.add("mtp_dy_gather", collective(Pattern::all_gather, s, s.hidden, 2));
  add_linear_backward(list, s, projection(s));
  add_norm_backward(list, s, "mtp_embedding_norm", s.rows, s.hidden);
  add_norm_backward(list, s, "mtp_hidden_norm", s.rows, s.hidden);
}

void add_mtp_weights(OpList& list, const Shapes& s) {
  add_linear_weights(list, s, projection(s));
  add_embedding_weights(list, s);
}

}  // namespace foretrain::model::standard
