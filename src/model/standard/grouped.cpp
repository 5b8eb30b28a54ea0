// Queries, keys and values of multi-head and grouped-query attention (arXiv:2305.13245): one matrix, biases,
// norms per head, rotary embedding.

#include "model/kernels.hpp"
#include "model/standard/linear.hpp"
#include "model/standard/parts.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

std::int64_t key_width(const Shapes& s) {
  return s.kv_heads * s.d_qk;
}

Linear qkv(const Shapes& s) {
  const auto input = s.recompute().norms ? Input::recomputed : Input::kept;
  return {.name = "qkv", .cut = Cut::column, .n = s.q_width + s.kv_width, .k = s.hidden, .input = input};
}

bool has_biases(const Shapes& s) {
  return s.spec.biases || s.spec.attention_biases;
}

}  // namespace

void add_grouped_forward(OpList& list, const Shapes& s) {
  const auto t = s.tokens;
  const auto layer = qkv(s);
  add_linear_forward(list, s, layer);
  if (has_biases(s) && !s.kernels().fused_bias) add_bias(list, "qkv_bias", t, layer.n);
  if (s.spec.attention.qk_norm) {
    add_norm(list, s, "q_norm", t * s.heads, s.d_qk);
    add_norm(list, s, "k_norm", t * s.kv_heads, s.d_qk);
  }
  const auto again = s.recompute().products;
  const double q = again == Products::all ? 0 : bf16_size(area(t, s.q_width));
  const double k = again != Products::kept ? 0 : bf16_size(area(t, key_width(s)));
  const double v = again == Products::all ? 0 : bf16_size(area(t, s.kv_heads * s.d_v));
  if (s.spec.position == Position::rotary) {
    add_rotary(list, s, "rope_q", t, s.q_width, q);
    add_rotary(list, s, "rope_k", t, key_width(s), k);
    list.keep(v);
  } else {
    list.keep(q + k + v);
  }
}

void add_grouped_again(OpList& list, const Shapes& s) {
  const bool all = s.recompute().products == Products::all;
  if (s.recompute().norms) add_norm_again(list, s, "attn_norm", s.rows, s.hidden);
  const auto layer = qkv(s);
  add_linear_again(list, s, layer, all ? layer.n : key_width(s));
  if (s.spec.position != Position::rotary) return;
  add_rotary(list, s, "rope_q_again", s.tokens, s.q_width);
  add_rotary(list, s, "rope_k_again", s.tokens, key_width(s));
}

void add_grouped_backward(OpList& list, const Shapes& s) {
  const auto t = s.tokens;
  const auto layer = qkv(s);
  if (s.spec.position == Position::rotary) {
    add_rotary(list, s, "rope_q_bwd", t, s.q_width);
    add_rotary(list, s, "rope_k_bwd", t, key_width(s));
  }
  if (s.spec.attention.qk_norm) {
    add_norm_backward(list, s, "q_norm", t * s.heads, s.d_qk);
    add_norm_backward(list, s, "k_norm", t * s.kv_heads, s.d_qk);
  }
  list.add("qkv_concat", layout_copy(t, layer.n));  // the three gradients side by side
  if (has_biases(s)) add_bias_gradient(list, "qkv_bias_grad", t, layer.n);
  const bool made = s.recompute().products != Products::kept;  // by add_grouped_again
  if (s.recompute().norms && !made) add_norm_again(list, s, "attn_norm", s.rows, s.hidden);
  add_linear_backward(list, s, layer);
}

void add_grouped_weights(OpList& list, const Shapes& s) {
  add_linear_weights(list, s, qkv(s));
}

}  // namespace foretrain::model::standard
