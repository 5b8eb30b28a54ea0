// An attention block: norm, queries, keys and values, core, output projection, residual, and the norm before
// the feed-forward part (listed here because experts' routing needs it before their exchange).

#include "model/kernels.hpp"
#include "model/standard/attention_core.hpp"
#include "model/standard/linear.hpp"
#include "model/standard/parts.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

bool is_grouped(const Shapes& s) {
  return s.spec.attention.kind == AttentionSpec::Kind::grouped;
}

Linear output(const Shapes& s) {
  return {.name = "proj", .cut = Cut::row, .n = s.hidden, .k = s.o_width};
}

}  // namespace

void add_attention_forward(OpList& list, const Shapes& s) {
  add_norm(list, s, "attn_norm", s.rows, s.hidden);
  if (is_grouped(s))
    add_grouped_forward(list, s);
  else
    add_latent_forward(list, s);
  add_core_forward(list, s);
  add_linear_forward(list, s, output(s));
  add_residual(list, s, "attn_residual");
  add_norm(list, s, "mlp_norm", s.rows, s.hidden);
}

void add_attention_backward(OpList& list, const Shapes& s) {
  add_norm_backward(list, s, "mlp_norm", s.rows, s.hidden);
  add_sum(list, "mlp_grad_add", s.rows, s.hidden);
  add_residual_backward(list, s, "attn_residual");
  add_linear_backward(list, s, output(s));
  if (!is_grouped(s) && s.recompute().mla_up) add_latent_again(list, s);
  if (is_grouped(s) && s.recompute().products != Products::kept) add_grouped_again(list, s);
  add_core_backward(list, s);
  if (is_grouped(s))
    add_grouped_backward(list, s);
  else
    add_latent_backward(list, s);
  add_norm_backward(list, s, "attn_norm", s.rows, s.hidden);
  add_sum(list, "attn_grad_add", s.rows, s.hidden);
}

void add_output_again(OpList& list, const Shapes& s) {
  const auto products = s.recompute().products;
  if (!is_grouped(s) || products == Products::kept || (products == Products::second && s.tensor > 1)) return;
  add_linear_again(list, s, output(s), s.hidden);
}

void add_attention_weights(OpList& list, const Shapes& s) {
  add_linear_weights(list, s, output(s));
  if (is_grouped(s))
    add_grouped_weights(list, s);
  else
    add_latent_weights(list, s);
}

}  // namespace foretrain::model::standard
