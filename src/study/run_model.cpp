#include "study/run_model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace foretrain::study {
namespace {

using model::TransformerSpec;

// Dimensions from a row or from a list of models; both use the same keys.
struct Dimensions {
  RunLookup& lookup;
  const spec::RunFields* listed;  // null: the row's own

  std::optional<std::int64_t> count(const std::string& key) const {
    return listed == nullptr ? lookup.count(key) : listed->count(key);
  }
  std::int64_t count_or(const std::string& key, std::int64_t fallback) const {
    return count(key).value_or(fallback);
  }
  std::string word(const std::string& key) const {
    return listed == nullptr ? lookup.word(key).value_or("") : listed->text(key);
  }
  bool flag_or(const std::string& key, bool fallback) const {
    const auto text = word(key);
    return text.empty() ? fallback : text == "true";
  }
};

model::AttentionSpec attention_of(const Dimensions& d, std::int64_t hidden) {
  model::AttentionSpec attention;
  attention.heads = d.count_or("heads", 1);
  if (const auto rank = d.count("kv_lora")) {
    attention.kind = model::AttentionSpec::Kind::mla;
    attention.kv_lora_rank = *rank;
    attention.q_lora_rank = d.count_or("q_lora", 0);
    attention.qk_nope_dim = d.count_or("qk_nope", 0);
    attention.qk_rope_dim = d.count_or("qk_rope", 0);
    attention.v_head_dim = d.count_or("v_head", 0);
    return attention;
  }
  attention.kind = model::AttentionSpec::Kind::grouped;
  const auto group = d.count_or("gqa_group", 1);
  attention.kv_heads = d.count_or("kv_heads", std::max<std::int64_t>(1, attention.heads / group));
  attention.head_dim = d.count_or("head_dim", std::max<std::int64_t>(1, hidden / attention.heads));
  attention.window = d.count_or("sliding_window", 0);
  attention.window_every = d.count_or("sliding_every", 1);
  return attention;
}

void add_experts(const Dimensions& d, TransformerSpec& spec) {
  auto& moe = spec.moe;
  moe.experts = d.count_or("experts", 0);
  if (moe.experts == 0) {
    spec.dense_layers = spec.layers;
    return;
  }
  moe.top_k = d.count_or("top_k", 1);
  moe.expert_ffn = d.count_or("moe_ffn", spec.dense_ffn);
  moe.shared_experts = d.count_or("shared_experts", 0);
  moe.shared_ffn = d.count_or("shared_ffn", 0);
  moe.every = d.count_or("moe_every", 1);
  moe.groups = d.count_or("groups", 1);
  moe.top_groups = d.count_or("group_limit", 1);
  spec.dense_layers = d.count_or("dense_layers", 0);
}

// `gated`: what an absent key means; lists of models leave it out for the gated ones, rows never print it.
TransformerSpec build(const Dimensions& d, const std::string& name, bool gated, std::int64_t sequence,
                      RunLookup& lookup) {
  TransformerSpec spec;
  spec.name = name;
  spec.hidden = d.count_or("hidden", 1);
  spec.layers = d.count_or("layers", 1);
  const auto vocabulary = d.count("vocab");
  spec.vocabulary =
      vocabulary ? *vocabulary : lookup.count_or("vocab", 51200, "GPT-2's, padded as Megatron-LM does");
  gated = d.flag_or("gated", gated);
  spec.dense_ffn = d.count_or("ffn", d.count_or("dense_ffn", 4 * spec.hidden));
  spec.attention = attention_of(d, spec.hidden);
  add_experts(d, spec);
  const std::string activation = d.word("activation");
  spec.activation = activation.starts_with("squared") ? model::Activation::squared_relu
                    : gated                           ? model::Activation::swiglu
                                                      : model::Activation::gelu;
  spec.norm = gated ? model::Norm::rmsnorm : model::Norm::layernorm;
  if (const auto norm = d.word("norm"); !norm.empty())
    spec.norm = norm == "rmsnorm" ? model::Norm::rmsnorm : model::Norm::layernorm;
  const bool plain = !gated && activation.empty();  // GPT-2 and its kin
  spec.position = plain ? model::Position::learned : model::Position::rotary;
  spec.biases = d.flag_or("biases", plain);
  spec.tied_embedding = d.flag_or("tied_embedding", plain);
  spec.learned_positions = plain ? sequence : 0;
  spec.mtp_depth = d.count_or("mtp", 0);
  return spec;
}

bool agrees(const TransformerSpec& spec, RunLookup& lookup) {
  const auto same = [&](const char* key, std::int64_t value) {
    return lookup.count(key).value_or(value) == value;
  };
  return same("layers", spec.layers) && same("hidden", spec.hidden) && same("heads", spec.attention.heads);
}

tl::expected<TransformerSpec, std::string> find_model(RunLookup& lookup, const RunLibrary& library,
                                                      const spec::PublishedRuns& runs,
                                                      std::int64_t sequence) {
  const std::string id = lookup.word("model").value_or("");
  const auto file = library.models.find(id);
  if (file != library.models.end() && agrees(file->second, lookup)) {
    lookup.note("dimensions", fmt::format("models/{}.yaml", id), file->second.source);
    auto spec = file->second;
    spec.vocabulary = lookup.count("vocab").value_or(spec.vocabulary);
    return spec;
  }
  if (lookup.count("layers") && lookup.count("hidden") && lookup.count("heads")) {
    lookup.note("dimensions", "as printed", "GPT: GELU, LayerNorm, learned positions, biases, ffn 4 h");
    return build({lookup, nullptr}, id.empty() ? "GPT" : id, false, sequence, lookup);
  }
  const auto listed = runs.models.find(id);
  if (listed != runs.models.end()) {
    lookup.note("dimensions", "listed among the file's models", "");
    return build({lookup, &listed->second}, id, true, sequence, lookup);
  }
  return tl::unexpected(id.empty() ? std::string("no model is named, and its dimensions are not printed")
                                   : fmt::format("no dimensions of model {}", id));
}

}  // namespace

tl::expected<TransformerSpec, std::string> model_of_run(RunLookup& lookup, const RunLibrary& library,
                                                        const spec::PublishedRuns& runs,
                                                        std::int64_t sequence) {
  auto found = find_model(lookup, library, runs, sequence);
  if (!found) return found;
  if (const auto layers = lookup.count("layers_override")) {
    const bool dense = found->moe.experts == 0;
    found->layers = *layers;
    found->dense_layers = dense ? *layers : std::min(found->dense_layers, *layers);
  }
  if (found->learned_positions > 0) found->learned_positions = std::max(found->learned_positions, sequence);
  if (const auto depth = lookup.count("mtp_depth")) found->mtp_depth = *depth;
  return found;
}

}  // namespace foretrain::study
