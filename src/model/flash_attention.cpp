#include "model/flash_attention.hpp"

#include <algorithm>
#include <cmath>

#include "model/kernels.hpp"

namespace foretrain::model {

namespace {

// `dims`: what the matmuls go over for one query, key and head.
Kernel flash(const AttentionShape& s, Family family, std::int64_t dims) {
  Kernel kernel;
  kernel.family = family;
  kernel.m = s.tokens;
  kernel.n = s.heads;
  kernel.k = std::max<std::int64_t>(1, std::llround(s.keys.mean));
  kernel.key_shares = s.keys.shares;
  kernel.d_qk = static_cast<int>(s.d_qk);
  kernel.d_v = static_cast<int>(s.d_v);
  kernel.work =
      flops(2.0 * (static_cast<double>(s.tokens) * s.keys.mean) * static_cast<double>(s.heads * dims));
  return kernel;
}

double inputs_size(const AttentionShape& s) {
  return bf16_size(area(s.tokens, s.q_width) + area(s.kv_tokens, s.kv_width));
}

}  // namespace

Kernel flash_forward(const AttentionShape& s) {
  auto kernel = flash(s, Family::attention_forward, s.d_qk + s.d_v);
  kernel.read = bytes(inputs_size(s));
  kernel.written = bytes(bf16_size(area(s.tokens, s.o_width)) + fp32_size(area(s.tokens, s.heads)));
  return kernel;
}

Kernel flash_backward(const AttentionShape& s, int outputs) {
  auto kernel = flash(s, Family::attention_backward, 3 * s.d_qk + 2 * s.d_v);
  const double accumulator = fp32_size(area(s.tokens, s.q_width));
  kernel.read = bytes(inputs_size(s) + outputs * bf16_size(area(s.tokens, s.o_width)) +
                      2 * fp32_size(area(s.tokens, s.heads)) + accumulator);
  kernel.written = bytes(accumulator + bf16_size(area(s.kv_tokens, s.kv_width)));
  return kernel;
}

}  // namespace foretrain::model
