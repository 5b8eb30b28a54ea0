#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

model::AttentionSpec read_attention(Reader& reader) {
  model::AttentionSpec mla;
  reader.choice("kind", {"mla"}, "the attention's kind; mla is the one modelled so far");
  mla.heads = reader.integer("heads", "attention heads", {1, 4096});
  mla.q_lora_rank = reader.integer("q_lora_rank", "width of the compressed query", {1, 65536});
  mla.kv_lora_rank = reader.integer("kv_lora_rank", "width of the compressed keys and values", {1, 65536});
  mla.qk_nope_dim =
      reader.integer("qk_nope_dim", "query and key width of a head without position", {1, 4096});
  mla.qk_rope_dim =
      reader.integer("qk_rope_dim", "query and key width of a head with rotary position", {1, 4096});
  mla.v_head_dim = reader.integer("v_head_dim", "value width of a head", {1, 4096});
  reader.finish();
  return mla;
}

model::MoeSpec read_moe(Reader& reader) {
  model::MoeSpec moe;
  moe.experts = reader.integer("experts", "routed experts of a layer", {1, 65536});
  moe.shared_experts = reader.integer("shared_experts", "experts that every token passes", {0, 1024});
  moe.top_k = reader.integer("top_k", "routed experts a token passes", {1, 1024});
  moe.expert_ffn = reader.integer("expert_ffn", "inner width of one expert", {1, 1'000'000});
  moe.groups = reader.integer_or("groups", 1, {1, 65536});
  moe.top_groups = reader.integer_or("top_groups", 1, {1, 65536});
  reader.finish();
  return moe;
}

}  // namespace

model::TransformerSpec read_model(Reader& reader) {
  model::TransformerSpec spec;
  spec.name = reader.text("name", "the model's name");
  spec.source = reader.text("source", "where the dimensions come from");
  spec.vocabulary = reader.integer("vocabulary", "tokens in the vocabulary", {2, 10'000'000});
  spec.hidden = reader.integer("hidden", "width of the residual stream", {1, 1'000'000});
  spec.layers = reader.integer("layers", "transformer layers, dense ones included", {1, 10'000});
  spec.dense_layers = reader.integer("dense_layers", "how many of the first layers are dense", {0, 10'000});
  spec.dense_ffn =
      reader.integer("dense_ffn", "inner width of a dense layer's feed-forward part", {1, 1'000'000});
  if (const auto* entry = reader.required("attention", "{kind: mla, heads: ..., ...}"); entry != nullptr) {
    Reader attention(reader.context(), entry->value, reader.full("attention"), entry->where);
    spec.attention = read_attention(attention);
  }
  if (const auto* entry = reader.optional("moe"); entry != nullptr) {
    Reader moe(reader.context(), entry->value, reader.full("moe"), entry->where);
    spec.moe = read_moe(moe);
  }
  spec.mtp_depth = reader.integer_or("mtp_depth", 0, {0, 16});
  reader.finish();
  return spec;
}

}  // namespace foretrain::spec
