#include "model/standard/attention_core.hpp"

#include <algorithm>

#include "model/flash_attention.hpp"
#include "model/kernels.hpp"
#include "model/standard/small.hpp"

namespace foretrain::model::standard {

namespace {

// One problem a sequence and head: [rows x k] * [k x n], the second operand once a problem.
Kernel batched(const Shapes& s, std::int64_t n, std::int64_t k) {
  Kernel kernel;
  kernel.family = Family::batched_gemm;
  kernel.m = s.tokens * s.heads;
  kernel.n = n;
  kernel.k = k;
  const auto sequences = std::max<std::int64_t>(1, s.tokens * s.work.context_parallel / s.sequence);
  kernel.groups = sequences * s.heads;
  kernel.work = flops(2.0 * area(kernel.m, n) * static_cast<double>(k));
  kernel.read = bytes(bf16_size(area(kernel.m, k) + static_cast<double>(kernel.groups) * area(n, k)));
  kernel.written = bytes(bf16_size(area(kernel.m, n)));
  return kernel;
}

// A pass over the scores: bytes an element.
Kernel pass(const Shapes& s, Family family, double read, double written) {
  const auto m = s.tokens * s.heads;
  return stream(family, m, s.sequence, read * area(m, s.sequence), written * area(m, s.sequence));
}

// The fused causal kernel reads below the diagonal alone and writes the whole square, in both directions
// (NVIDIA/Megatron-LM@2387ce0, megatron/fused_kernels/scaled_upper_triang_masked_softmax.h); PyTorch's reads
// it all.
Kernel softmax(const Shapes& s) {
  return pass(s, Family::softmax, s.kernels().fused_softmax ? 1 : 2, 2);
}
Kernel softmax_backward(const Shapes& s) {
  return pass(s, Family::softmax, s.kernels().fused_softmax ? 2 : 4, 2);
}

bool repeats_keys(const Shapes& s) {
  return s.kv_heads < s.heads;
}

void add_repeat(OpList& list, const Shapes& s, const std::string& name) {
  const auto width = s.heads * (s.d_qk + s.d_v);
  list.add(name, stream(Family::layout_copy, s.kv_tokens, width, bf16_size(area(s.kv_tokens, s.kv_width)),
                        bf16_size(area(s.kv_tokens, width))));
}

void add_unfused_forward(OpList& list, const Shapes& s, bool keep, const std::string& suffix) {
  const double scores = area(s.tokens * s.heads, s.sequence);
  const double probabilities = keep ? bf16_size(scores) : 0;
  if (repeats_keys(s)) add_repeat(list, s, "kv_repeat" + suffix);
  list.add("scores" + suffix, batched(s, s.sequence, s.d_qk));
  if (s.spec.position == Position::alibi) list.add("alibi" + suffix, pass(s, Family::elementwise, 2, 2));
  if (!s.kernels().fused_softmax) {
    list.add("scale" + suffix, pass(s, Family::elementwise, 2, 2));
    list.add("mask" + suffix, pass(s, Family::elementwise, 2, 2));
  }
  list.add("softmax" + suffix, softmax(s), probabilities);
  if (s.kernels().dropout)  // a mask of a byte, and the values that the context is made of
    list.add("attention_dropout" + suffix, pass(s, Family::dropout, 2, 3), keep ? 3 * scores : 0);
  list.add("context" + suffix, batched(s, s.d_v, s.sequence));
  list.add("context_copy" + suffix, layout_copy(s.tokens, s.o_width));  // heads side by side again
}

void add_unfused_backward(OpList& list, const Shapes& s) {
  list.add("context_copy_bwd", layout_copy(s.tokens, s.o_width));
  list.add("context_dscores", batched(s, s.sequence, s.d_v));
  list.add("context_dv", batched(s, s.d_v, s.sequence));
  if (s.kernels().dropout) list.add("attention_dropout_bwd", pass(s, Family::dropout, 3, 2));
  list.add("softmax_bwd", softmax_backward(s));
  if (!s.kernels().fused_softmax) {
    list.add("mask_bwd", pass(s, Family::elementwise, 2, 2));
    list.add("scale_bwd", pass(s, Family::elementwise, 2, 2));
  }
  list.add("scores_dq", batched(s, s.d_qk, s.sequence));
  list.add("scores_dk", batched(s, s.d_qk, s.sequence));
  if (repeats_keys(s)) {
    const auto width = s.heads * (s.d_qk + s.d_v);
    list.add("kv_repeat_bwd",
             stream(Family::elementwise, s.kv_tokens, width, bf16_size(area(s.kv_tokens, width)),
                    bf16_size(area(s.kv_tokens, s.kv_width))));
  }
}

}  // namespace

void add_core_forward(OpList& list, const Shapes& s) {
  const bool keep = !s.recompute().attention_core;
  if (!s.kernels().flash_attention) {
    add_unfused_forward(list, s, keep, "");
    return;
  }
  // In BF16 the output is kept once, as the next matrix's input.
  const double out = s.quantised() ? bf16_size(area(s.tokens, s.o_width)) : 0;
  list.add("flash_attention", flash_forward(attention_shape(s, s.kv_width)),
           keep ? fp32_size(area(s.tokens, s.heads)) + out : 0);
}

void add_core_backward(OpList& list, const Shapes& s) {
  const bool again = s.recompute().attention_core;
  if (!s.kernels().flash_attention) {
    if (again) add_unfused_forward(list, s, false, "_recompute");
    add_unfused_backward(list, s);
    return;
  }
  if (again) list.add("flash_attention_recompute", flash_forward(attention_shape(s, s.kv_width)));
  list.add("flash_attention_bwd", flash_backward(attention_shape(s, s.kv_width), 2));
}

}  // namespace foretrain::model::standard
