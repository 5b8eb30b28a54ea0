#include "model/standard/layers.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "model/kernels.hpp"
#include "model/standard/parts.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

void add_mlp(UnitLists& lists, const Shapes& s, bool routed) {
  const FeedForward dense{"mlp", s.dense_ffn};
  if (routed) {
    add_router_forward(lists.attention_f, s);
    add_experts_forward(lists.mlp_f, s);
  } else {
    add_feed_forward(lists.mlp_f, s, dense);
  }
  add_residual(lists.mlp_f, s, "mlp_residual");
  add_residual_backward(lists.mlp_i, s, "mlp_residual");
  add_output_again(lists.mlp_i, s);
  if (routed) {
    add_experts_backward(lists.mlp_i, s);
    add_router_backward(lists.attention_i, s);
    add_experts_weights(lists.mlp_w, s);
  } else {
    add_feed_forward_backward(lists.mlp_i, s, dense);
    add_feed_forward_weights(lists.mlp_w, s, dense);
  }
}

void add_layer(UnitLists& lists, const Shapes& s, bool routed, bool mtp) {
  if (mtp) add_mtp_forward(lists.attention_f, s);
  add_attention_forward(lists.attention_f, s);
  add_mlp(lists, s, routed);
  add_attention_backward(lists.attention_i, s);
  add_attention_weights(lists.attention_w, s);
  if (routed) add_router_weights(lists.attention_w, s);
  if (mtp) {
    add_mtp_backward(lists.attention_i, s);
    add_mtp_weights(lists.attention_w, s);
  }
}

void append_again(std::vector<Op>& to, const std::vector<Op>& forward) {
  for (Op op : forward) {
    op.name += "_again";
    op.phase = Phase::input_gradient;
    op.kept = {};
    to.push_back(std::move(op));
  }
}

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

// A forward whose gradients are not wanted yet casts row-wise alone (NVIDIA/TransformerEngine@0004dbd,
// pytorch/module/linear.py, is_grad_enabled).
void cast_rows_alone(std::vector<Op>& forward) {
  const auto is_column = [](const Op& op) { return ends_with(op.name, "_colcast"); };
  forward.erase(std::remove_if(forward.begin(), forward.end(), is_column), forward.end());
  for (auto& op : forward)
    if (op.kernel.family == Family::fp8_cast_transpose) {
      op.kernel.family = Family::fp8_cast;
      op.kernel.written = op.kernel.written * 0.5;
    }
}

void recompute_layer(UnitOps& ops, double input) {
  std::vector<Op> backward;
  append_again(backward, ops.attention_f);
  append_again(backward, ops.mlp_f);
  backward.insert(backward.end(), ops.mlp_i.begin(), ops.mlp_i.end());
  ops.mlp_i = std::move(backward);
  for (auto* list : {&ops.attention_f, &ops.mlp_f}) {
    cast_rows_alone(*list);
    for (auto& op : *list) op.kept = {};
  }
  ops.attention_f.front().kept = bytes(input);
  ops.exchange_again = ops.has_exchange;
}

}  // namespace

UnitOps list_ops(const TransformerSpec& spec, Unit unit, const Work& work) {
  Work listed = work;
  if (work.recompute.layers) listed.recompute = {};  // everything is made again already
  const auto s = shapes_of(spec, unit, listed);
  const bool mtp = unit == Unit::mtp_layer, routed = has_experts(spec, unit);
  UnitLists lists;
  if (unit == Unit::embedding) {
    add_embedding_forward(lists.mlp_f, s);
    add_embedding_weights(lists.mlp_w, s);
  } else if (is_layer(unit)) {
    add_layer(lists, s, routed, mtp);
  } else {
    add_head_forward(lists.mlp_f, s);
    add_head_backward(lists.mlp_i, s);
    add_head_weights(lists.mlp_w, s);
  }
  auto ops = lists.take(unit);
  ops.has_exchange = routed;
  if (work.recompute.layers && is_layer(unit))
    recompute_layer(ops, bf16_size(area(s.rows, s.hidden)) * (mtp ? 2 : 1));
  return ops;
}

}  // namespace foretrain::model::standard
