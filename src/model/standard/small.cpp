#include "model/standard/small.hpp"

#include "model/kernels.hpp"

namespace foretrain::model::standard {

namespace {

constexpr double dropout_mask = 1;  // a byte an element (arXiv:2205.05198, section 4.1)

// `read` and `written` in bytes an element.
Kernel chain(Family family, std::int64_t m, std::int64_t n, double read, double written, int launches) {
  return stream(family, m, n, read * area(m, n), written * area(m, n), launches);
}

// PyTorch's own layer norm is one kernel; an RMS norm is written out in models that do not fuse it.
bool is_chain(const Shapes& s) {
  return !s.kernels().fused_norm && s.spec.norm == Norm::rmsnorm;
}

Kernel with_norm_family(const Shapes& s, Kernel kernel) {
  if (s.spec.norm == Norm::layernorm) kernel.family = Family::layernorm;
  return kernel;
}

// To FP32 (2 read, 4 written), square (4, 4), mean (4, 0), scale (4, 4), to BF16 (4, 2), weights (2, 2):
// LlamaRMSNorm of huggingface/transformers, modeling_llama.py.
Kernel norm_forward_kernel(const Shapes& s, std::int64_t m, std::int64_t n) {
  if (is_chain(s)) return chain(Family::elementwise, m, n, 20, 16, 6);
  return with_norm_family(s, norm(m, n));
}

}  // namespace

void add_norm(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n) {
  // The chain keeps x in FP32 and the scaled x before the weights, besides what it returns.
  list.add(name, norm_forward_kernel(s, m, n), (is_chain(s) ? 6 : 2) * area(m, n));
}

void add_norm_again(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n) {
  list.add(name + "_recompute", norm_forward_kernel(s, m, n));
}

void add_norm_backward(OpList& list, const Shapes& s, const std::string& name, std::int64_t m,
                       std::int64_t n) {
  if (is_chain(s)) {
    // Weights: dx (2 + 2 read, 2 written), dw (4, 2; sum 2); to FP32 (2, 4); scale: two products (16, 8) and
    // a sum (4, 0); square (8, 4); sum of both ways (8, 4); to BF16 (4, 2).
    list.add(name + "_bwd", chain(Family::elementwise, m, n, 52, 26, 10));
    return;
  }
  list.add(name + "_bwd", with_norm_family(s, norm_gradient(m, n)));
  const int vectors = s.spec.norm == Norm::layernorm ? 2 : 1;
  list.add(name + "_wgrad", with_norm_family(s, norm_weight_gradient(vectors * n, 1)));
}

void add_activation(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t ffn,
                    Products again) {
  const bool gated = s.up == 2;
  const double before = bf16_size(area(m, s.up * ffn)), after = bf16_size(area(m, ffn));
  const auto family = gated ? Family::swiglu : Family::gelu;
  if (s.kernels().fused_activation) {
    const double kept = again == Products::all ? 0 : again == Products::second && gated ? after : before;
    list.add(name, stream(family, m, s.up * ffn, before, after), kept);
    return;
  }
  if (s.spec.biases) add_bias(list, name + "_bias", m, s.up * ffn);
  if (gated) {  // silu of the gate, then the product: keeps what silu returned
    list.add(name + "_silu", stream(Family::elementwise, m, ffn, after, after), before + after);
    list.add(name + "_product", stream(Family::elementwise, m, ffn, 2 * after, after));
  } else if (s.spec.activation == Activation::squared_relu) {
    list.add(name + "_relu", stream(Family::elementwise, m, ffn, after, after), before);
    list.add(name + "_square", stream(Family::elementwise, m, ffn, after, after));
  } else {
    list.add(name, stream(family, m, ffn, before, after), before);
  }
}

void add_activation_backward(OpList& list, const Shapes& s, const std::string& name, std::int64_t m,
                             std::int64_t ffn, bool again) {
  const bool gated = s.up == 2;
  const double before = bf16_size(area(m, s.up * ffn)), after = bf16_size(area(m, ffn));
  const auto family = gated ? Family::swiglu : Family::gelu;
  const bool chained = !s.kernels().fused_activation;
  if (again) list.add(name + "_recompute", stream(family, m, s.up * ffn, before, after));
  if (chained && gated) {  // both factors of the product, then silu
    list.add(name + "_product_bwd", stream(Family::elementwise, m, ffn, 4 * after, 2 * after, 2));
    list.add(name + "_silu_bwd", stream(Family::elementwise, m, ffn, 2 * after, after));
    list.add(name + "_concat", stream(Family::layout_copy, m, 2 * ffn, before, before));
  } else if (chained && s.spec.activation == Activation::squared_relu) {
    list.add(name + "_square_bwd", stream(Family::elementwise, m, ffn, 2 * after, after));
    list.add(name + "_relu_bwd", stream(Family::elementwise, m, ffn, 2 * after, after));
  } else {
    list.add(name + "_bwd", stream(family, m, s.up * ffn, before + after, before));
  }
}

void add_residual(OpList& list, const Shapes& s, const std::string& name) {
  const auto m = s.rows, n = s.hidden;
  const bool drops = s.kernels().dropout;
  const double mask = drops ? dropout_mask * area(m, n) : 0;
  if (s.kernels().fused_residual || (!drops && !s.spec.biases)) {
    list.add(name,
             chain(drops ? Family::dropout : Family::elementwise, m, n, 4, 2 + (drops ? dropout_mask : 0), 1),
             mask);
    return;
  }
  if (s.spec.biases) add_bias(list, name + "_bias", m, n);
  if (drops) list.add(name + "_dropout", chain(Family::dropout, m, n, 2, 2 + dropout_mask, 1), mask);
  add_sum(list, name, m, n);
}

void add_residual_backward(OpList& list, const Shapes& s, const std::string& name) {
  const auto m = s.rows, n = s.hidden;
  if (s.kernels().dropout)
    list.add(name + "_dropout_bwd", chain(Family::dropout, m, n, 2 + dropout_mask, 2, 1));
  if (s.spec.biases) add_bias_gradient(list, name + "_bias_grad", m, n);
}

void add_sum(OpList& list, const std::string& name, std::int64_t m, std::int64_t n) {
  list.add(name, chain(Family::elementwise, m, n, 4, 2, 1));
}

void add_bias(OpList& list, const std::string& name, std::int64_t m, std::int64_t n) {
  list.add(name, chain(Family::elementwise, m, n, 2, 2, 1));
}

void add_expert_bias(OpList& list, const Shapes& s) {
  if (!s.spec.biases || s.kernels().fused_expert_bias) return;
  const int each = static_cast<int>(s.work.local_experts);
  list.add("experts_down_bias", chain(Family::elementwise, s.routed, s.hidden, 14, 14, 2 * each + 2));
}

void add_expert_bias_backward(OpList& list, const Shapes& s) {
  if (!s.spec.biases || s.kernels().fused_expert_bias) return;
  const int each = static_cast<int>(s.work.local_experts);
  list.add("experts_down_bias_bwd", chain(Family::elementwise, s.routed, s.hidden, 24, 16, 5 * each + 2));
}

void add_bias_gradient(OpList& list, const std::string& name, std::int64_t m, std::int64_t n) {
  list.add(name, stream(Family::elementwise, m, n, bf16_size(area(m, n)), bf16_size(static_cast<double>(n))));
}

void add_rotary(OpList& list, const Shapes& s, const std::string& name, std::int64_t m, std::int64_t n,
                double kept) {
  if (s.kernels().fused_rotary) {
    list.add(name, chain(Family::rope, m, n, 2, 2, 1), kept);
    return;
  }
  // Half turned: negative (1 read, 1 written), joined (2, 2); times cosine (2, 2), times sine (2, 2), sum
  // (4, 2).
  list.add(name, chain(Family::elementwise, m, n, 11, 9, 5), kept);
}

}  // namespace foretrain::model::standard
