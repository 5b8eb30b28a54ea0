#pragma once
// The memory-bound parts of a layer under the standard stack: norms, activations, residuals, rotary
// embedding. Each is one kernel where the software fuses it, else the chain of kernels that PyTorch runs.
// Gradients of biases are passes of their own, also where a cast could do them (cast_transpose_dbias of
// Transformer Engine).

#include <string>

#include "model/standard/shapes.hpp"

namespace foretrain::model::standard {

// m rows of n: reads x (kept), writes the normalised x, which the next layer keeps.
void add_norm(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n);
void add_norm_again(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n);
void add_norm_backward(OpList& list, const Shapes& s, const std::string& name, std::int64_t m,
                       std::int64_t n);

// Between the matrices of a feed-forward part of width ffn: m rows of up * ffn to ffn. `again`: what the
// matrix before it makes once more in the backward, and a fused kernel does not keep.
void add_activation(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t ffn,
                    Products again = Products::kept);
void add_activation_backward(OpList& list, const Shapes& s, const std::string& name, std::int64_t m,
                             std::int64_t ffn, bool again);

// Bias, dropout and the residual stream, on this GPU's rows.
void add_residual(OpList& list, const Shapes& s, const std::string& name);
void add_residual_backward(OpList& list, const Shapes& s, const std::string& name);

void add_sum(OpList& list, const std::string& name, std::int64_t m, std::int64_t n);  // a + b
// Sum over m rows of a gradient: that of a bias.
void add_bias_gradient(OpList& list, const std::string& name, std::int64_t m, std::int64_t n);
// The bias of each expert's results, weighted by its rows' share of a token, in passes of eager PyTorch
// (NVIDIA/Megatron-LM@41eecc4, moe/experts.py, _apply_bias), whose weights in FP32 promote what they touch.
// Bytes an element, read and written: bias by weight 0, 4; sum 6, 4; joined 4, 4; rounded 4, 2. Backwards:
// 2, 4 and 4, 2 to FP32 and back, joined 2, 2; for bias and for weights a product 4, 4 and its sum 4, 0.
void add_expert_bias(OpList& list, const Shapes& s);
void add_expert_bias_backward(OpList& list, const Shapes& s);
void add_bias(OpList& list, const std::string& name, std::int64_t m, std::int64_t n);

// Rotary embedding of m rows of n (of queries, of keys); the backward does the same with the angle turned.
void add_rotary(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n,
                double kept = 0);

}  // namespace foretrain::model::standard
