#include "model/transformer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.hpp"

namespace foretrain::model {

namespace {

using Kind = AttentionSpec::Kind;

double product(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

std::int64_t matrices_up(const TransformerSpec& spec) {
  return spec.activation == Activation::swiglu ? 2 : 1;  // gate and up, or up alone
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

// Queries, keys, values and output (arXiv:2305.13245).
double grouped_matmuls(const TransformerSpec& spec) {
  const auto& a = spec.attention;
  return product(spec.hidden, 2 * (a.heads + a.kv_heads) * a.head_dim);
}

double attention_biases(const TransformerSpec& spec) {
  const auto& a = spec.attention;
  if (a.kind == Kind::mla) return 0;
  const auto qkv = static_cast<double>((a.heads + 2 * a.kv_heads) * a.head_dim);
  if (spec.biases) return qkv + static_cast<double>(spec.hidden);
  return spec.attention_biases ? qkv : 0;
}

double norm_weights(const TransformerSpec& spec, std::int64_t width) {
  return static_cast<double>((spec.norm == Norm::layernorm ? 2 : 1) * width);  // scale, and shift
}

double layer_norms(const TransformerSpec& spec) {
  const auto& a = spec.attention;
  if (a.kind == Kind::mla) return norm_weights(spec, 2 * spec.hidden + a.q_lora_rank + a.kv_lora_rank);
  return norm_weights(spec, 2 * spec.hidden + (a.qk_norm ? 2 * a.head_dim : 0));
}

double feed_forward(const TransformerSpec& spec, std::int64_t ffn) {
  const double biases = spec.biases ? static_cast<double>(matrices_up(spec) * ffn + spec.hidden) : 0;
  return count_feed_forward_parameters(spec, ffn) + biases;
}

double gate(const TransformerSpec& spec) {
  return product(spec.hidden, spec.moe.experts);
}

// DeepSeek-V3's gate chooses with a bias per expert (report, equation 16); others may have a linear layer's.
double gate_biases(const TransformerSpec& spec) {
  const bool any = spec.attention.kind == Kind::mla || spec.biases;
  return any ? static_cast<double>(spec.moe.experts) : 0;
}

double attention_part(const TransformerSpec& spec) {
  return count_attention_parameters(spec) + attention_biases(spec) + layer_norms(spec);
}

double moe_layer(const TransformerSpec& spec) {
  const auto shared = shared_width(spec.moe);
  return attention_part(spec) + gate(spec) + gate_biases(spec) +
         (shared > 0 ? feed_forward(spec, shared) : 0) +
         static_cast<double>(spec.moe.experts) * feed_forward(spec, spec.moe.expert_ffn);
}

double dense_layer(const TransformerSpec& spec) {
  return attention_part(spec) + feed_forward(spec, spec.dense_ffn);
}

// The kind of main layer number i.
Unit layer_unit(const TransformerSpec& spec, std::int64_t i) {
  const bool window = spec.attention.window > 0 && i % spec.attention.window_every == 0;
  const bool routed =
      spec.moe.experts > 0 && i >= spec.dense_layers && (i - spec.dense_layers + 1) % spec.moe.every == 0;
  if (routed) return window ? Unit::moe_window_layer : Unit::moe_layer;
  return window ? Unit::dense_window_layer : Unit::dense_layer;
}

}  // namespace

std::string_view name_of(Unit unit) {
  constexpr std::array<std::string_view, unit_count> names{"embedding",
                                                           "dense_layer",
                                                           "moe_layer",
                                                           "mtp_layer",
                                                           "head",
                                                           "mtp_head",
                                                           "dense_window_layer",
                                                           "moe_window_layer",
                                                           "dense_layer_again",
                                                           "moe_layer_again",
                                                           "dense_window_layer_again",
                                                           "moe_window_layer_again"};
  return names[static_cast<std::size_t>(unit)];
}

std::int64_t query_key_dim(const AttentionSpec& a) {
  return a.kind == Kind::mla ? a.qk_nope_dim + a.qk_rope_dim : a.head_dim;
}

std::int64_t value_dim(const AttentionSpec& a) {
  return a.kind == Kind::mla ? a.v_head_dim : a.head_dim;
}

std::int64_t shared_width(const MoeSpec& moe) {
  return moe.shared_ffn > 0 ? moe.shared_ffn : moe.shared_experts * moe.expert_ffn;
}

double causal_keys_of(double sequence, double window) {
  return window <= 0 || window >= sequence ? sequence / 2 : window - window * window / (2 * sequence);
}

std::int64_t causal_keys(std::int64_t sequence, std::int64_t window) {
  return static_cast<std::int64_t>(
      causal_keys_of(static_cast<double>(sequence), static_cast<double>(window)));
}

std::vector<Unit> list_units(const TransformerSpec& spec) {
  std::vector<Unit> units{Unit::embedding};
  for (std::int64_t i = 0; i < spec.layers; ++i) units.push_back(layer_unit(spec, i));
  units.push_back(Unit::head);
  for (std::int64_t i = 0; i < spec.mtp_depth; ++i) {
    units.push_back(Unit::mtp_layer);
    units.push_back(Unit::mtp_head);
  }
  return units;
}

double count_parameters(const TransformerSpec& spec, Unit unit) {
  switch (plain(unit)) {
    case Unit::embedding:
      return product(spec.vocabulary + spec.learned_positions, spec.hidden);
    case Unit::dense_layer:
    case Unit::dense_window_layer:
      return dense_layer(spec);
    case Unit::moe_layer:
    case Unit::moe_window_layer:
      return moe_layer(spec);
    case Unit::mtp_layer:
      return (spec.moe.experts == 0 ? dense_layer(spec) : moe_layer(spec)) +
             2.0 * product(spec.hidden, spec.hidden) + norm_weights(spec, 2 * spec.hidden);
    case Unit::head:
      return (spec.tied_embedding ? 0 : product(spec.vocabulary, spec.hidden)) +
             norm_weights(spec, spec.hidden);
    case Unit::mtp_head:
      return norm_weights(spec, spec.hidden);  // the projection is the main model's
    default:
      break;
  }
  check(false, "unknown unit");
  return 0;
}

double count_expert_parameters(const TransformerSpec& spec, Unit unit) {
  if (!has_experts(spec, unit)) return 0;
  return static_cast<double>(spec.moe.experts) * feed_forward(spec, spec.moe.expert_ffn);
}

double count_matmul_parameters(const TransformerSpec& spec, Unit unit) {
  const double attention = count_attention_parameters(spec);
  const double dense = attention + count_feed_forward_parameters(spec, spec.dense_ffn);
  const auto active = shared_width(spec.moe) + spec.moe.top_k * spec.moe.expert_ffn;
  const double moe = attention + gate(spec) + count_feed_forward_parameters(spec, active);
  switch (plain(unit)) {
    case Unit::embedding:
      return 0;  // a gather
    case Unit::dense_layer:
    case Unit::dense_window_layer:
      return dense;
    case Unit::moe_layer:
    case Unit::moe_window_layer:
      return moe;
    case Unit::mtp_layer:
      return (spec.moe.experts == 0 ? dense : moe) + 2.0 * product(spec.hidden, spec.hidden);
    case Unit::head:
    case Unit::mtp_head:
      return product(spec.vocabulary, spec.hidden);
    default:
      break;
  }
  check(false, "unknown unit");
  return 0;
}

double count_attention_parameters(const TransformerSpec& spec) {
  return spec.attention.kind == Kind::mla ? mla_matmuls(spec) : grouped_matmuls(spec);
}

double count_feed_forward_parameters(const TransformerSpec& spec, std::int64_t ffn) {
  return static_cast<double>(matrices_up(spec) + 1) * product(spec.hidden, ffn);
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

Flops model_flops_per_token(const TransformerSpec& spec, std::int64_t sequence, bool causal,
                            const Pieces& pieces) {
  const auto& a = spec.attention;
  double whole = 0, short_sight = 0;
  for (const Piece& piece : pieces.empty() ? Pieces{{static_cast<double>(sequence), 1}} : pieces) {
    const double window = std::min(static_cast<double>(a.window), piece.tokens);
    whole += piece.share * piece.tokens * (causal ? 0.5 : 1.0);
    short_sight += piece.share * (causal ? window - window * window / (2.0 * piece.tokens) : window);
  }
  double keys = 0;
  for (const Unit unit : list_units(spec))
    if (is_layer(unit) && unit != Unit::mtp_layer) keys += is_windowed(unit) ? short_sight : whole;
  const double head_dims = static_cast<double>(a.heads * (query_key_dim(a) + value_dim(a)));
  return flops(3.0 * (2.0 * count_parameters(spec).per_token + 2.0 * keys * head_dims));
}

}  // namespace foretrain::model
