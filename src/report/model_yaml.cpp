#include "report/model_yaml.hpp"

#include <fmt/core.h>

#include <array>
#include <string_view>

namespace foretrain::report {
namespace {

using model::AttentionSpec;
using model::TransformerSpec;

class Map {  // {a: 1, b: 2}
 public:
  void add(const char* key, std::int64_t value) { text_ += fmt::format("{}{}: {}", separator(), key, value); }
  void add_unless(const char* key, std::int64_t value, std::int64_t usual) {
    if (value != usual) add(key, value);
  }
  void add(const char* key, const char* value) { text_ += fmt::format("{}{}: {}", separator(), key, value); }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  const char* separator() const { return text_.empty() ? "" : ", "; }
  std::string text_;
};

std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return '"' + out + '"';
}

std::string attention_map(const AttentionSpec& a) {
  Map map;
  const bool latent = a.kind == AttentionSpec::Kind::mla;
  map.add("kind", latent ? "mla" : "grouped");
  map.add("heads", a.heads);
  if (latent) {
    map.add("q_lora_rank", a.q_lora_rank);
    map.add("kv_lora_rank", a.kv_lora_rank);
    map.add("qk_nope_dim", a.qk_nope_dim);
    map.add("qk_rope_dim", a.qk_rope_dim);
    map.add("v_head_dim", a.v_head_dim);
    return map.text();
  }
  map.add("kv_heads", a.kv_heads);
  map.add("head_dim", a.head_dim);
  map.add_unless("window", a.window, 0);
  map.add_unless("window_every", a.window > 0 ? a.window_every : 1, 1);
  if (a.qk_norm) map.add("qk_norm", "true");
  return map.text();
}

std::string moe_map(const model::MoeSpec& moe) {
  Map map;
  map.add("experts", moe.experts);
  map.add_unless("shared_experts", moe.shared_experts, 0);
  map.add_unless("shared_ffn", moe.shared_ffn, 0);
  map.add("top_k", moe.top_k);
  map.add("expert_ffn", moe.expert_ffn);
  map.add_unless("every", moe.every, 1);
  map.add_unless("groups", moe.groups, 1);
  map.add_unless("top_groups", moe.top_groups, 1);
  return map.text();
}

std::string style(const TransformerSpec& spec) {
  constexpr std::array<std::string_view, 3> activations{"swiglu", "gelu", "squared_relu"},
      positions{"rotary", "learned", "alibi"};
  std::string text;
  if (spec.activation != model::Activation::swiglu)
    text += fmt::format("activation: {}\n", activations[static_cast<std::size_t>(spec.activation)]);
  if (spec.norm != model::Norm::rmsnorm) text += "norm: layernorm\n";
  if (spec.position != model::Position::rotary)
    text += fmt::format("position: {}\n", positions[static_cast<std::size_t>(spec.position)]);
  if (spec.learned_positions > 0) text += fmt::format("learned_positions: {}\n", spec.learned_positions);
  if (spec.biases) text += "biases: true\n";
  if (spec.attention_biases) text += "attention_biases: true\n";
  if (spec.tied_embedding) text += "tied_embedding: true\n";
  return text;
}

}  // namespace

std::string to_yaml(const TransformerSpec& spec, const std::vector<std::string>& notes) {
  const auto count = model::count_parameters(spec);
  std::string text = fmt::format("# {:.2f} B parameters, {:.2f} B of them used for each token.\n",
                                 count.total / 1e9, count.per_token_with_embedding / 1e9);
  for (const auto& note : notes) text += fmt::format("# {}\n", note);
  text += fmt::format("name: {}\nsource: {}\nvocabulary: {}\nhidden: {}\nlayers: {}\n", quoted(spec.name),
                      quoted(spec.source), spec.vocabulary, spec.hidden, spec.layers);
  const bool experts = spec.moe.experts > 0;
  if (experts && spec.dense_layers > 0) text += fmt::format("dense_layers: {}\n", spec.dense_layers);
  if (spec.dense_ffn > 0) text += fmt::format("dense_ffn: {}\n", spec.dense_ffn);
  text += fmt::format("attention: {}\n", attention_map(spec.attention));
  if (experts) text += fmt::format("moe: {}\n", moe_map(spec.moe));
  text += style(spec);
  if (spec.mtp_depth > 0) text += fmt::format("mtp_depth: {}\n", spec.mtp_depth);
  return text;
}

}  // namespace foretrain::report
