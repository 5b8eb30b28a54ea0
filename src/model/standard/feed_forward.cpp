// The feed-forward part that every token passes: up (with a gate or without), activation, down.

#include "model/kernels.hpp"
#include "model/standard/linear.hpp"
#include "model/standard/parts.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

Linear up(const Shapes& s, const FeedForward& part) {
  const auto kept = part.shares_input ? Input::shared : Input::kept;
  return {.name = part.name + "_up",
          .cut = Cut::column,
          .n = s.up * part.ffn,
          .k = s.hidden,
          .input = s.recompute().norms ? Input::recomputed : kept};
}

Linear down(const Shapes& s, const FeedForward& part) {
  return {.name = part.name + "_down",
          .cut = Cut::row,
          .n = s.hidden,
          .k = part.ffn,
          .input = s.recompute().swiglu ? Input::recomputed : Input::kept};
}

}  // namespace

void add_feed_forward(OpList& list, const Shapes& s, const FeedForward& part) {
  add_linear_forward(list, s, up(s, part));
  add_activation(list, s, part.name + "_act", s.tokens, part.ffn, s.recompute().products);
  add_linear_forward(list, s, down(s, part));
}

void add_feed_forward_backward(OpList& list, const Shapes& s, const FeedForward& part) {
  const auto products = s.recompute().products;
  const bool upper = products == Products::all || (products == Products::second && s.up == 2);
  const bool norms = s.recompute().norms && !part.shares_input;
  if (upper && norms) add_norm_again(list, s, "mlp_norm", s.rows, s.hidden);
  if (upper) add_linear_again(list, s, up(s, part), products == Products::all ? s.up * part.ffn : part.ffn);
  add_linear_backward(list, s, down(s, part));
  add_activation_backward(list, s, part.name + "_act", s.tokens, part.ffn, s.recompute().swiglu);
  if (s.spec.biases) add_bias_gradient(list, part.name + "_up_bias_grad", s.tokens, s.up * part.ffn);
  if (norms && !upper) add_norm_again(list, s, "mlp_norm", s.rows, s.hidden);
  add_linear_backward(list, s, up(s, part));
}

void add_feed_forward_weights(OpList& list, const Shapes& s, const FeedForward& part) {
  add_linear_weights(list, s, down(s, part));
  add_linear_weights(list, s, up(s, part));
}

}  // namespace foretrain::model::standard
