#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

using model::AttentionSpec;

void read_latent_attention(Reader& reader, AttentionSpec& mla) {
  mla.q_lora_rank =
      reader.integer("q_lora_rank", "width of the compressed query; 0: not compressed", {0, 65536});
  mla.kv_lora_rank = reader.integer("kv_lora_rank", "width of the compressed keys and values", {1, 65536});
  mla.qk_nope_dim =
      reader.integer("qk_nope_dim", "query and key width of a head without position", {1, 4096});
  mla.qk_rope_dim =
      reader.integer("qk_rope_dim", "query and key width of a head with rotary position", {1, 4096});
  mla.v_head_dim = reader.integer("v_head_dim", "value width of a head", {1, 4096});
}

void read_grouped_attention(Reader& reader, AttentionSpec& attention, std::int64_t hidden) {
  attention.kv_heads = reader.integer_or("kv_heads", attention.heads, {1, 4096});
  const auto even = attention.heads > 0 ? hidden / attention.heads : 0;
  attention.head_dim = reader.integer_or("head_dim", even, {1, 4096});
  attention.window = reader.integer_or("window", 0, {0, 100'000'000});
  attention.window_every = reader.integer_or("window_every", 1, {1, 10'000});
  attention.qk_norm = reader.choice("qk_norm", {"false", "true"}, "", 0) == 1;
}

AttentionSpec read_attention(Reader& reader, std::int64_t hidden) {
  AttentionSpec attention;
  attention.kind = static_cast<AttentionSpec::Kind>(reader.choice(
      "kind", {"mla", "grouped"}, "mla, or grouped: heads that share keys and values or do not"));
  attention.heads = reader.integer("heads", "attention heads", {1, 4096});
  if (attention.kind == AttentionSpec::Kind::mla)
    read_latent_attention(reader, attention);
  else
    read_grouped_attention(reader, attention, hidden);
  reader.finish();
  return attention;
}

model::MoeSpec read_moe(Reader& reader) {
  model::MoeSpec moe;
  moe.experts = reader.integer("experts", "routed experts of a layer", {1, 65536});
  moe.shared_experts = reader.integer_or("shared_experts", 0, {0, 1024});
  moe.shared_ffn = reader.integer_or("shared_ffn", 0, {0, 1'000'000});
  moe.top_k = reader.integer("top_k", "routed experts a token passes", {1, 1024});
  moe.expert_ffn = reader.integer("expert_ffn", "inner width of one expert", {1, 1'000'000});
  moe.every = reader.integer_or("every", 1, {1, 10'000});
  moe.groups = reader.integer_or("groups", 1, {1, 65536});
  moe.top_groups = reader.integer_or("top_groups", 1, {1, 65536});
  reader.finish();
  return moe;
}

// What distinguishes families of models beyond their widths.
void read_style(Reader& reader, model::TransformerSpec& spec) {
  const auto flag = [&](const char* name) { return reader.choice(name, {"false", "true"}, "", 0) == 1; };
  spec.activation =
      static_cast<model::Activation>(reader.choice("activation", {"swiglu", "gelu", "squared_relu"}, "", 0));
  spec.norm = static_cast<model::Norm>(reader.choice("norm", {"rmsnorm", "layernorm"}, "", 0));
  spec.position =
      static_cast<model::Position>(reader.choice("position", {"rotary", "learned", "alibi"}, "", 0));
  spec.learned_positions =
      spec.position == model::Position::learned
          ? reader.integer("learned_positions", "rows of the position table", {1, 100'000'000})
          : 0;
  spec.biases = flag("biases");
  spec.attention_biases = flag("attention_biases");
  spec.tied_embedding = flag("tied_embedding");
}

}  // namespace

model::TransformerSpec read_model(Reader& reader) {
  model::TransformerSpec spec;
  spec.name = reader.text("name", "the model's name");
  spec.source = reader.text("source", "where the dimensions come from");
  spec.vocabulary = reader.integer("vocabulary", "tokens in the vocabulary", {2, 10'000'000});
  spec.hidden = reader.integer("hidden", "width of the residual stream", {1, 1'000'000});
  spec.layers = reader.integer("layers", "transformer layers, dense ones included", {1, 10'000});
  if (const auto* entry = reader.required("attention", "{kind: mla or grouped, heads: ..., ...}");
      entry != nullptr) {
    Reader attention(reader.context(), entry->value, reader.full("attention"), entry->where);
    spec.attention = read_attention(attention, spec.hidden);
  }
  if (const auto* entry = reader.optional("moe"); entry != nullptr) {
    Reader moe(reader.context(), entry->value, reader.full("moe"), entry->where);
    spec.moe = read_moe(moe);
  }
  const bool experts = spec.moe.experts > 0;
  spec.dense_layers = reader.integer_or("dense_layers", experts ? 0 : spec.layers, {0, 10'000});
  if (!experts || spec.dense_layers > 0 || spec.moe.every > 1 || reader.has("dense_ffn"))
    spec.dense_ffn =
        reader.integer("dense_ffn", "inner width of a dense layer's feed-forward part", {1, 1'000'000});
  read_style(reader, spec);
  spec.mtp_depth = reader.integer_or("mtp_depth", 0, {0, 16});
  reader.finish();
  return spec;
}

}  // namespace foretrain::spec
