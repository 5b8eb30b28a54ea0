// The MLP of a dense layer: the ops of the shared experts at the dense layer's width, with casts of its own
// input and output gradient, which a mixture-of-experts layer shares with its token exchange.

#include "model/kernels.hpp"
#include "model/op_list.hpp"

namespace foretrain::model {

void add_dense_forward(OpList& list, const Sizes& s, std::int64_t ffn) {
  const GatedMlp mlp{"dense", ffn};
  list.add_if(s.fp8(), "dense_in_cast", fp8_cast(s.tokens, s.hidden),
              s.recompute.norms ? 0 : fp8_size(area(s.tokens, s.hidden)));
  add_gate_up(list, s, mlp);
  add_down(list, s, mlp);
  add_activation_cache(list, s, mlp);
}

void add_dense_backward(OpList& list, const Sizes& s, std::int64_t ffn) {
  const GatedMlp mlp{"dense", ffn};
  list.add_if(s.fp8(), "dense_dy_cast", fp8_cast(s.tokens, s.hidden));
  add_down_backward(list, s, mlp);
  add_mlp_input_again(list, s);
  add_gate_up_backward(list, s, mlp);
}

void add_dense_weights(OpList& list, const Sizes& s, std::int64_t ffn) {
  list.add("dense_down_wgrad", weight_gradient(s.precision, s.hidden, ffn, s.tokens));
  list.add("dense_gateup_wgrad", weight_gradient(s.precision, 2 * ffn, s.hidden, s.tokens));
}

}  // namespace foretrain::model
