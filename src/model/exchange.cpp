// One token on the wire, as DeepEP lays it out (deepseek-ai/DeepEP@main, csrc/kernels/internode.cu,
// get_num_bytes_per_token): hidden, FP8 scales, source metadata (8 B), then per chosen expert an index and a
// weight (4 B each) where the message carries them; rounded up to 16 B. And one token's keys and values.

#include "model/ops.hpp"

namespace foretrain::model {

namespace {

Bytes row(double payload, double per_expert, std::int64_t top_k) {
  constexpr std::int64_t source_metadata = 8, alignment = 16;
  const auto size =
      static_cast<std::int64_t>(payload + per_expert * static_cast<double>(top_k)) + source_metadata;
  const std::int64_t units = (size + alignment - 1) / alignment;
  return bytes(static_cast<double>(units * alignment));
}

}  // namespace

ExchangeRow exchange_row(const TransformerSpec& spec, Precision precision) {
  const double hidden = static_cast<double>(spec.hidden), bf16 = 2.0 * hidden;
  const std::int64_t scale_blocks = (spec.hidden + 127) / 128;
  const double scales = 4.0 * static_cast<double>(scale_blocks);
  const double dispatched = precision == Precision::fp8 ? hidden + scales : bf16;
  const auto k = spec.moe.top_k;
  return {
      .dispatch = row(dispatched, 8, k),           // index and weight
      .dispatch_gradient = row(dispatched, 0, k),  // the layout is cached from the forward
      .combine = row(bf16, 0, k),
      .combine_gradient = row(bf16, 4, k),  // the weights' gradients return
  };
}

ExchangeRow exchange_row(const TransformerSpec& spec, const Work& work) {
  if (work.kernels.stack == Kernels::Stack::deepseek) return exchange_row(spec, work.precision);
  const double hidden = 2.0 * static_cast<double>(spec.hidden);
  constexpr double weight = 4;
  // Where a token travels once, its weights for all experts travel with it.
  const double weights =
      weight * (work.kernels.expanded_dispatch ? 1.0 : static_cast<double>(spec.moe.top_k));
  return {.dispatch = bytes(hidden + weights),
          .dispatch_gradient = bytes(hidden),
          .combine = bytes(hidden),
          .combine_gradient = bytes(hidden + weights)};
}

ContextRow context_row(const TransformerSpec& spec, const Work& work) {
  const auto& a = spec.attention;
  const auto row = [](std::int64_t elements) { return bytes(2.0 * static_cast<double>(elements)); };
  if (work.kernels.stack == Kernels::Stack::deepseek && a.kind == AttentionSpec::Kind::mla)
    return {row(a.kv_lora_rank + a.qk_rope_dim), {}};
  const std::int64_t all = a.kind == AttentionSpec::Kind::mla ? a.heads : a.kv_heads;
  const std::int64_t heads = (all + work.tensor_parallel - 1) / work.tensor_parallel;
  return {row(heads * query_key_dim(a)), row(heads * value_dim(a))};
}

}  // namespace foretrain::model
