#include "model/transformer.hpp"

#include <array>

#include "base/check.hpp"

namespace foretrain::model {

namespace {

double product(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

// Gate and up projection and down projection of one gated MLP (SwiGLU).
double gated_mlp(const TransformerSpec& spec, std::int64_t ffn) {
  return 3.0 * product(spec.hidden, ffn);
}

// The matmuls of one MLA block (arXiv:2405.04434, equations 37 to 47). Without a query latent (rank 0, as in
// DeepSeek-V2-Lite) queries are projected from the hidden state directly.
double mla_matmuls(const TransformerSpec& spec) {
  const auto& a = spec.attention;
  const auto q = a.heads * (a.qk_nope_dim + a.qk_rope_dim);
  const double queries =
      a.q_lora_rank == 0 ? product(spec.hidden, q) : product(spec.hidden + q, a.q_lora_rank);
  return queries + product(spec.hidden, a.kv_lora_rank + a.qk_rope_dim) +
         product(a.kv_lora_rank, a.heads * (a.qk_nope_dim + a.v_head_dim)) +
         product(a.heads * a.v_head_dim, spec.hidden);
}

double layer_norms(const TransformerSpec& spec) {
  return static_cast<double>(2 * spec.hidden + spec.attention.q_lora_rank + spec.attention.kv_lora_rank);
}

double gate(const TransformerSpec& spec) {
  return product(spec.hidden, spec.moe.experts);
}

double moe_layer(const TransformerSpec& spec, std::int64_t experts) {
  const double selection_bias = static_cast<double>(spec.moe.experts);  // DeepSeek-V3 report, equation 16
  return mla_matmuls(spec) + layer_norms(spec) + gate(spec) + selection_bias +
         gated_mlp(spec, spec.moe.shared_experts * spec.moe.expert_ffn) +
         static_cast<double>(experts) * gated_mlp(spec, spec.moe.expert_ffn);
}

double dense_layer(const TransformerSpec& spec) {
  return mla_matmuls(spec) + layer_norms(spec) + gated_mlp(spec, spec.dense_ffn);
}

std::int64_t moe_layers(const TransformerSpec& spec) {
  return spec.moe.experts == 0 ? 0 : spec.layers - spec.dense_layers;
}

// The layer inside an MTP module is of the main model's last kind.
double mtp_inner_layer(const TransformerSpec& spec) {
  return spec.moe.experts == 0 ? dense_layer(spec) : moe_layer(spec, spec.moe.experts);
}

}  // namespace

std::string_view name_of(Unit unit) {
  constexpr std::array<std::string_view, 6> names{"embedding", "dense_layer", "moe_layer",
                                                  "mtp_layer", "head",        "mtp_head"};
  return names[static_cast<std::size_t>(unit)];
}

std::vector<Unit> list_units(const TransformerSpec& spec) {
  std::vector<Unit> units{Unit::embedding};
  for (std::int64_t i = 0; i < spec.layers; ++i)
    units.push_back(i < spec.layers - moe_layers(spec) ? Unit::dense_layer : Unit::moe_layer);
  units.push_back(Unit::head);
  for (std::int64_t i = 0; i < spec.mtp_depth; ++i) {
    units.push_back(Unit::mtp_layer);
    units.push_back(Unit::mtp_head);
  }
  return units;
}

double count_parameters(const TransformerSpec& spec, Unit unit) {
  const double hidden = static_cast<double>(spec.hidden);
  switch (unit) {
    case Unit::embedding:
      return product(spec.vocabulary, spec.hidden);
    case Unit::dense_layer:
      return dense_layer(spec);
    case Unit::moe_layer:
      return moe_layer(spec, spec.moe.experts);
    case Unit::mtp_layer:
      return mtp_inner_layer(spec) + 2.0 * hidden * hidden + 2.0 * hidden;
    case Unit::head:
      return product(spec.vocabulary, spec.hidden) + hidden;
    case Unit::mtp_head:
      return hidden;  // its norm; the projection is the main model's
  }
  check(false, "unknown unit");
  return 0;
}

double count_expert_parameters(const TransformerSpec& spec, Unit unit) {
  const bool routed = unit == Unit::moe_layer || unit == Unit::mtp_layer;
  return routed ? static_cast<double>(spec.moe.experts) * gated_mlp(spec, spec.moe.expert_ffn) : 0.0;
}

double count_matmul_parameters(const TransformerSpec& spec, Unit unit) {
  const double active_experts =
      gate(spec) + gated_mlp(spec, (spec.moe.shared_experts + spec.moe.top_k) * spec.moe.expert_ffn);
  const double dense = mla_matmuls(spec) + gated_mlp(spec, spec.dense_ffn);
  const double moe = mla_matmuls(spec) + active_experts;
  switch (unit) {
    case Unit::embedding:
      return 0;  // a gather
    case Unit::dense_layer:
      return dense;
    case Unit::moe_layer:
      return moe;
    case Unit::mtp_layer:
      return (spec.moe.experts == 0 ? dense : moe) + 2.0 * product(spec.hidden, spec.hidden);
    case Unit::head:
    case Unit::mtp_head:
      return product(spec.vocabulary, spec.hidden);
  }
  check(false, "unknown unit");
  return 0;
}

double count_attention_parameters(const TransformerSpec& spec) {
  return mla_matmuls(spec);
}

ParameterCounts count_parameters(const TransformerSpec& spec) {
  ParameterCounts counts;
  for (const Unit unit : list_units(spec)) {
    if (unit == Unit::mtp_layer || unit == Unit::mtp_head) {
      counts.mtp += count_parameters(spec, unit);
      continue;
    }
    counts.total += count_parameters(spec, unit);
    counts.per_token += count_matmul_parameters(spec, unit);
  }
  counts.per_token_with_embedding = counts.per_token + count_parameters(spec, Unit::embedding);
  return counts;
}

Flops model_flops_per_token(const TransformerSpec& spec, std::int64_t sequence, bool causal) {
  const auto& a = spec.attention;
  const double keys = static_cast<double>(sequence) * (causal ? 0.5 : 1.0);
  const double head_dims = static_cast<double>(a.heads * (a.qk_nope_dim + a.qk_rope_dim + a.v_head_dim));
  const double attention = static_cast<double>(spec.layers) * 2.0 * keys * head_dims;
  return flops(3.0 * (2.0 * count_parameters(spec).per_token + attention));
}

}  // namespace foretrain::model
