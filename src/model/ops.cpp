#include "model/ops.hpp"

#include "base/check.hpp"
#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

namespace {

struct Lists {
  OpList attention_f{Phase::forward, Block::attention}, mlp_f{Phase::forward, Block::mlp};
  OpList mlp_i{Phase::input_gradient, Block::mlp}, attention_i{Phase::input_gradient, Block::attention};
  OpList mlp_w{Phase::weight_gradient, Block::mlp}, attention_w{Phase::weight_gradient, Block::attention};
};

void add_moe_layer(Lists& lists, const Sizes& s) {
  add_attention_forward(lists.attention_f, s);
  add_gate_forward(lists.attention_f, s);
  add_experts_forward(lists.mlp_f, s);
  add_experts_backward(lists.mlp_i, s);
  add_gate_backward(lists.attention_i, s);
  add_attention_backward(lists.attention_i, s);
  add_experts_weights(lists.mlp_w, s);
  add_attention_weights(lists.attention_w, s);
}

void add_dense_layer(Lists& lists, const Sizes& s, std::int64_t ffn) {
  const double hidden = bf16_size(area(s.tokens, s.hidden));
  add_attention_forward(lists.attention_f, s);
  add_dense_forward(lists.mlp_f, s, ffn);
  add_dense_backward(lists.mlp_i, s, ffn);
  // The two down projections' gradients join at the end; listed first, as in a mixture-of-experts layer.
  lists.attention_i.add("grad_add", stream(Family::elementwise, s.tokens, s.hidden, 2 * hidden, hidden));
  add_attention_backward(lists.attention_i, s);
  add_dense_weights(lists.mlp_w, s, ffn);
  add_attention_weights(lists.attention_w, s);
}

void add_head(Lists& lists, const Sizes& s) {
  add_head_forward(lists.mlp_f, s);
  add_head_backward(lists.mlp_i, s);
  add_head_weights(lists.mlp_w, s);
}

}  // namespace

UnitOps list_ops(const TransformerSpec& spec, Unit unit, const Work& work) {
  const auto s = sizes_of(spec, work);
  const bool routed = spec.moe.experts > 0 && (unit == Unit::moe_layer || unit == Unit::mtp_layer);
  check(unit != Unit::moe_layer || routed, "a model without experts has no mixture-of-experts layer");
  Lists lists;
  if (unit == Unit::mtp_layer) add_mtp_projection_forward(lists.attention_f, s);
  switch (unit) {
    case Unit::embedding:
      add_embedding_forward(lists.mlp_f, s);
      add_embedding_weights(lists.mlp_w, s);
      break;
    case Unit::dense_layer:
      add_dense_layer(lists, s, spec.dense_ffn);
      break;
    case Unit::moe_layer:
    case Unit::mtp_layer:
      if (routed)
        add_moe_layer(lists, s);
      else
        add_dense_layer(lists, s, spec.dense_ffn);
      break;
    case Unit::head:
    case Unit::mtp_head:
      add_head(lists, s);
      break;
  }
  if (unit == Unit::mtp_layer) {
    add_mtp_projection_backward(lists.attention_i, s);
    add_mtp_projection_weights(lists.attention_w, s);
  }
  UnitOps ops;
  ops.unit = unit;
  ops.has_exchange = routed;
  ops.attention_f = lists.attention_f.take();
  ops.mlp_f = lists.mlp_f.take();
  ops.mlp_i = lists.mlp_i.take();
  ops.attention_i = lists.attention_i.take();
  ops.mlp_w = lists.mlp_w.take();
  ops.attention_w = lists.attention_w.take();
  return ops;
}

Bytes kept_per_micro_batch(const UnitOps& ops) {
  Bytes kept;
  for (const auto* list :
       {&ops.attention_f, &ops.mlp_f, &ops.mlp_i, &ops.attention_i, &ops.mlp_w, &ops.attention_w})
    for (const auto& op : *list) kept += op.kept;
  return kept;
}

}  // namespace foretrain::model
