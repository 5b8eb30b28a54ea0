#include "spec/import_model.hpp"

#include <fmt/core.h>

#include <array>
#include <filesystem>

#include "spec/include.hpp"
#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

using model::AttentionSpec;

constexpr Range any_size{1, 10'000'000};

struct Config {
  Reader& reader;
  ImportedModel& out;

  bool given(const char* name) const {
    const auto* entry = reader.node().find(name);
    return entry != nullptr && entry->value.kind != Node::Kind::null;
  }
  std::int64_t integer(const char* name, const char* meaning) const {
    return reader.integer(name, meaning, any_size);
  }
  std::int64_t integer_or(const char* name, std::int64_t fallback) const {
    return given(name) ? reader.integer(name, "", {0, any_size.most}) : fallback;
  }
  bool flag(const char* name, bool fallback = false) const {
    return given(name) ? reader.choice(name, {"false", "true"}, "") == 1 : fallback;
  }
  void note(std::string text) const { out.notes.push_back(std::move(text)); }
};

// Names that nearly every family shares.
void read_common(const Config& c) {
  auto& m = c.out.model;
  m.vocabulary = c.integer("vocab_size", "tokens in the vocabulary");
  m.hidden = c.integer("hidden_size", "width of the residual stream");
  m.layers = c.integer("num_hidden_layers", "transformer layers");
  m.attention.kind = AttentionSpec::Kind::grouped;
  m.attention.heads = c.integer("num_attention_heads", "attention heads");
  m.attention.kv_heads = c.integer_or("num_key_value_heads", m.attention.heads);
  m.attention.head_dim = c.integer_or("head_dim", m.attention.heads > 0 ? m.hidden / m.attention.heads : 0);
  m.attention_biases = c.flag("attention_bias");
  m.tied_embedding = c.flag("tie_word_embeddings");
  m.dense_layers = m.layers;
}

void read_dense(const Config& c) {
  read_common(c);
  c.out.model.dense_ffn = c.integer("intermediate_size", "inner width of the feed-forward part");
}

void read_window(const Config& c, std::int64_t every) {
  c.out.model.attention.window = c.integer_or("sliding_window", 0);
  c.out.model.attention.window_every = every;
}

void read_llama(const Config& c) {
  read_dense(c);
  if (c.flag("mlp_bias")) c.note("mlp_bias: biases of the feed-forward part alone are left out");
}

void read_mistral(const Config& c) {
  read_dense(c);
  read_window(c, 1);
}

void read_mixtral(const Config& c) {
  read_common(c);
  auto& m = c.out.model;
  m.dense_layers = 0;
  m.moe.experts = c.integer("num_local_experts", "routed experts of a layer");
  m.moe.top_k = c.integer("num_experts_per_tok", "routed experts a token passes");
  m.moe.expert_ffn = c.integer("intermediate_size", "inner width of one expert");
  read_window(c, 1);
}

void read_qwen2(const Config& c) {
  read_dense(c);
  c.out.model.attention_biases = true;
  if (c.flag("use_sliding_window")) c.note("use_sliding_window: every layer is taken to see all tokens");
}

void read_qwen3(const Config& c) {
  read_dense(c);
  c.out.model.attention.qk_norm = true;
  if (c.flag("use_sliding_window")) c.note("use_sliding_window: every layer is taken to see all tokens");
}

void read_qwen_experts(const Config& c) {
  auto& m = c.out.model;
  m.dense_layers = 0;
  m.dense_ffn = 0;
  m.moe.experts = c.integer("num_experts", "routed experts of a layer");
  m.moe.top_k = c.integer("num_experts_per_tok", "routed experts a token passes");
  m.moe.expert_ffn = c.integer("moe_intermediate_size", "inner width of one expert");
  m.moe.shared_ffn = c.integer_or("shared_expert_intermediate_size", 0);
  m.moe.every = c.integer_or("decoder_sparse_step", 1);
  if (m.moe.every > 1) m.dense_ffn = c.integer_or("intermediate_size", 0);
  const auto* dense = c.reader.node().find("mlp_only_layers");
  if (dense != nullptr && !dense->value.items.empty())
    c.note("mlp_only_layers: these layers are taken to have experts like the others");
}

void read_qwen2_moe(const Config& c) {
  read_common(c);
  c.out.model.attention_biases = true;
  read_qwen_experts(c);
}

void read_qwen3_moe(const Config& c) {
  read_common(c);
  c.out.model.attention.qk_norm = true;
  read_qwen_experts(c);
}

void read_deepseek(const Config& c) {
  read_common(c);
  auto& m = c.out.model;
  m.attention = {};
  m.attention.heads = c.integer("num_attention_heads", "attention heads");
  m.attention.q_lora_rank = c.integer_or("q_lora_rank", 0);
  m.attention.kv_lora_rank = c.integer("kv_lora_rank", "width of the compressed keys and values");
  m.attention.qk_nope_dim = c.integer("qk_nope_head_dim", "width of a head without position");
  m.attention.qk_rope_dim = c.integer("qk_rope_head_dim", "width of a head with rotary position");
  m.attention.v_head_dim = c.integer("v_head_dim", "value width of a head");
  m.dense_layers = c.integer_or("first_k_dense_replace", 0);
  m.dense_ffn = c.integer("intermediate_size", "inner width of a dense layer's feed-forward part");
  m.moe.experts = c.integer("n_routed_experts", "routed experts of a layer");
  m.moe.shared_experts = c.integer_or("n_shared_experts", 0);
  m.moe.top_k = c.integer("num_experts_per_tok", "routed experts a token passes");
  m.moe.expert_ffn = c.integer("moe_intermediate_size", "inner width of one expert");
  m.moe.every = c.integer_or("moe_layer_freq", 1);
  m.moe.groups = c.integer_or("n_group", 1);
  m.moe.top_groups = c.integer_or("topk_group", 1);
  m.mtp_depth = c.integer_or("num_nextn_predict_layers", 0);
}

void read_gpt_oss(const Config& c) {
  read_mixtral(c);
  c.out.model.biases = true;
  c.out.model.attention_biases = false;
  read_window(c, 2);
  c.note("attention sinks (one number a head) are left out");
}

// GPT-2's style: biases everywhere, layer norms, a table of positions, the head tied to the embedding.
void set_gpt_style(model::TransformerSpec& m) {
  m.activation = model::Activation::gelu;
  m.norm = model::Norm::layernorm;
  m.position = model::Position::learned;
  m.biases = true;
  m.tied_embedding = true;
}

void finish_gpt(const Config& c, std::int64_t ffn) {
  auto& m = c.out.model;
  m.attention.kind = AttentionSpec::Kind::grouped;
  m.attention.kv_heads = m.attention.heads;
  m.attention.head_dim = m.attention.heads > 0 ? m.hidden / m.attention.heads : 0;
  m.dense_layers = m.layers;
  m.dense_ffn = ffn;
}

void read_gpt2(const Config& c) {
  auto& m = c.out.model;
  set_gpt_style(m);
  m.vocabulary = c.integer("vocab_size", "tokens in the vocabulary");
  m.hidden = c.integer("n_embd", "width of the residual stream");
  m.layers = c.integer("n_layer", "transformer layers");
  m.attention.heads = c.integer("n_head", "attention heads");
  m.learned_positions = c.integer_or("n_positions", 1024);
  finish_gpt(c, c.integer_or("n_inner", 4 * m.hidden));
}

void read_mpt(const Config& c) {
  auto& m = c.out.model;
  set_gpt_style(m);
  m.vocabulary = c.integer("vocab_size", "tokens in the vocabulary");
  m.hidden = c.integer("d_model", "width of the residual stream");
  m.layers = c.integer("n_layers", "transformer layers");
  m.attention.heads = c.integer("n_heads", "attention heads");
  m.biases = !c.flag("no_bias");
  const auto* attention = c.reader.node().find("attn_config");
  const auto* alibi = attention != nullptr ? attention->value.find("alibi") : nullptr;
  if (alibi != nullptr && alibi->value.text == "true")
    m.position = model::Position::alibi;
  else
    m.learned_positions = c.integer_or("max_seq_len", 2048);
  finish_gpt(c, c.integer_or("expansion_ratio", 4) * m.hidden);
}

void read_nemotron(const Config& c) {
  read_dense(c);
  c.out.model.activation = model::Activation::squared_relu;
  c.out.model.norm = model::Norm::layernorm;
}

struct Kind {
  const char* name;
  void (*read)(const Config&);
};
constexpr std::array kinds{
    Kind{"llama", read_llama},
    Kind{"mistral", read_mistral},
    Kind{"mixtral", read_mixtral},
    Kind{"qwen2", read_qwen2},
    Kind{"qwen3", read_qwen3},
    Kind{"qwen2_moe", read_qwen2_moe},
    Kind{"qwen3_moe", read_qwen3_moe},
    Kind{"deepseek_v2", read_deepseek},
    Kind{"deepseek_v3", read_deepseek},
    Kind{"kimi_k2", read_deepseek},
    Kind{"gpt_oss", read_gpt_oss},
    Kind{"gpt2", read_gpt2},
    Kind{"mpt", read_mpt},
    Kind{"nemotron", read_nemotron},
};

}  // namespace

std::vector<std::string> importable_models() {
  std::vector<std::string> names;
  for (const auto& kind : kinds) names.emplace_back(kind.name);
  return names;
}

ImportedModel import_model(const std::string& path) {
  Context context;
  const auto root = load_file(context, path);
  if (!root) context.throw_if_any();
  Reader reader(context, *root, "", root->where);
  ImportedModel imported;
  const auto kind = reader.choice("model_type", importable_models(), "the model's family, as in llama");
  if (context.error_count() == 0) {
    const auto folder = std::filesystem::absolute(path).parent_path().filename().string();
    imported.model.name = reader.text_or("_name_or_path", folder);
    imported.model.source = fmt::format("imported from {}", std::filesystem::path(path).filename().string());
    kinds[kind].read({reader, imported});
    if (reader.node().find("quantization_config") != nullptr)
      imported.notes.emplace_back("quantization_config: how the weights are stored; precision is the plan's");
    if (reader.node().find("vision_config") != nullptr)
      imported.notes.emplace_back("vision_config: the vision tower is left out");
  }
  context.throw_if_any();
  return imported;
}

}  // namespace foretrain::spec
