// Routed and shared experts. The rows that arrive are gathered among the GPUs that share an expert and sorted
// by expert (or, where tokens travel once, expanded to rows first), multiplied, activated and weighted, and
// go back the same way: NVIDIA/Megatron-LM@bed33f8, megatron/core/transformer/moe/token_dispatcher.py.
// Weights of the choice are multiplied in the activation, as since Megatron-Core 0.12. The sum of a token's
// copies follows the combine; it is listed at the end of this block.

#include "model/kernels.hpp"
#include "model/standard/linear.hpp"
#include "model/standard/parts.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

bool activation_again(const Shapes& s) {
  return s.recompute().swiglu || s.recompute().experts_act;
}

Linear up(const Shapes& s) {
  return {.name = "experts_up", .cut = Cut::none, .n = s.up * s.expert_ffn, .k = s.hidden};
}
Linear down(const Shapes& s) {
  return {.name = "experts_down",
          .cut = Cut::none,
          .n = s.hidden,
          .k = s.expert_ffn,
          .input = activation_again(s) ? Input::recomputed : Input::kept};
}

FeedForward shared(const Shapes& s) {
  return {"shared", s.shared_ffn, true};
}

Kernel rows_moved(const Shapes& s, double read_rows, double written_rows) {
  const double row = bf16_size(static_cast<double>(s.hidden));
  return stream(Family::permute, s.routed, s.hidden, read_rows * row, written_rows * row);
}

void add_expert_collective(OpList& list, const Shapes& s, const std::string& name, Pattern pattern) {
  if (s.expert_tensor == 1) return;
  list.add(name, Communication{pattern, Group::expert_tensor, bytes(bf16_size(area(s.routed, s.hidden)))});
}

// By sending GPU before, by expert after.
void add_sort(OpList& list, const Shapes& s, const std::string& name) {
  const auto rows = static_cast<double>(s.routed);
  if (s.kernels().expanded_dispatch && s.work.local_experts > 1) list.add(name, rows_moved(s, rows, rows));
}

double own_rows(const Shapes& s) {
  return static_cast<double>(s.routed) / static_cast<double>(s.expert_tensor);
}

// Rows as they arrive to rows as the experts' matrices read them; backwards, gradients of the results.
void add_arrival(OpList& list, const Shapes& s, const std::string& suffix) {
  const auto received = static_cast<double>(s.work.received_tokens);
  if (!s.kernels().expanded_dispatch)
    list.add("expand_tokens" + suffix, rows_moved(s, received, own_rows(s)));
  add_expert_collective(list, s, "experts_gather" + suffix, Pattern::all_gather);
  add_sort(list, s, "sort_rows" + suffix);
}

void add_departure(OpList& list, const Shapes& s, const std::string& suffix) {
  const auto received = static_cast<double>(s.work.received_tokens);
  add_sort(list, s, "unsort_rows" + suffix);
  add_expert_collective(list, s, "experts_scatter" + suffix, Pattern::reduce_scatter);
  if (!s.kernels().expanded_dispatch) list.add("reduce_rows" + suffix, rows_moved(s, own_rows(s), received));
}

}  // namespace

void add_experts_forward(OpList& list, const Shapes& s) {
  if (s.shared_ffn > 0) add_feed_forward(list, s, shared(s));
  add_arrival(list, s, "");
  add_experts_linear_forward(list, s, up(s));
  add_activation(list, s, "experts_act", s.routed, s.expert_ffn);
  add_experts_linear_forward(list, s, down(s));
  add_expert_bias(list, s);
  add_departure(list, s, "");
  if (s.kernels().expanded_dispatch)
    list.add("sum_copies", stream(Family::permute, s.copies, s.hidden, bf16_size(area(s.copies, s.hidden)),
                                  bf16_size(area(s.rows, s.hidden))));
  if (s.shared_ffn > 0) add_sum(list, "shared_add", s.rows, s.hidden);
}

void add_experts_backward(OpList& list, const Shapes& s) {
  if (s.kernels().expanded_dispatch)
    list.add("sum_copies_bwd", stream(Family::permute, s.copies, s.hidden, bf16_size(area(s.rows, s.hidden)),
                                      bf16_size(area(s.copies, s.hidden))));
  if (s.shared_ffn > 0) {
    if (s.recompute().norms) add_norm_again(list, s, "mlp_norm", s.rows, s.hidden);
    add_feed_forward_backward(list, s, shared(s));
  }
  add_arrival(list, s, "_bwd");
  add_expert_bias_backward(list, s);
  add_experts_linear_backward(list, s, down(s));
  add_activation_backward(list, s, "experts_act", s.routed, s.expert_ffn, activation_again(s));
  if (s.spec.biases) add_bias_gradient(list, "experts_up_bias_grad", s.routed, s.up * s.expert_ffn);
  add_experts_linear_backward(list, s, up(s));
  add_departure(list, s, "_bwd");
}

void add_experts_weights(OpList& list, const Shapes& s) {
  add_experts_linear_weights(list, s, down(s));
  add_experts_linear_weights(list, s, up(s));
  if (s.shared_ffn > 0) add_feed_forward_weights(list, s, shared(s));
}

}  // namespace foretrain::model::standard
