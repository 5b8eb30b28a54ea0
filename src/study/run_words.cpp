#include "study/run_words.hpp"

#include <algorithm>

namespace foretrain::study {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

std::optional<model::Precision> precision_word(const std::string& word, bool has_mxfp8) {
  using enum model::Precision;
  const std::string text = lower(word);
  if (holds(text, "nvfp4")) return nvfp4;
  if (holds(text, "finer")) return has_mxfp8 ? mxfp8 : fp8;
  if (holds(text, "mxfp8") || holds(text, "fp8-mx")) return mxfp8;
  if (holds(text, "1x128") || holds(text, "block")) return fp8;
  if (holds(text, "fp8") || holds(text, "float8")) return fp8_tensor;
  if (holds(text, "bf16") || holds(text, "fp16") || holds(text, "half")) return bf16;
  return std::nullopt;
}

std::optional<model::Recompute> recompute_word(const std::string& word) {
  const std::string text = lower(word);
  model::Recompute recompute;
  if (text.empty() || text.starts_with("none")) return recompute;
  if (text.starts_with("full")) {
    const auto digit = text.find_first_of("0123456789");
    const bool some = holds(text, "block");  // "full (block, 4)": the first 4 layers of each stage
    if (some != (digit != std::string::npos)) return std::nullopt;
    if (some) {
      for (auto i = digit; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
        recompute.full_layers = std::min<std::int64_t>(recompute.full_layers * 10 + (text[i] - '0'), 10'000);
      if (recompute.full_layers == 0) return std::nullopt;
    }
    recompute.layers = !some;
    return recompute;
  }
  // torchtitan keeps what attention and every other matrix product return (model::Products).
  if (text.starts_with("selective per op")) {
    recompute.norms = recompute.swiglu = true;
    recompute.products = model::Products::second;
    return recompute;
  }
  // Megatron-Core's modules go by its names: core_attn, layernorm, mla_up_proj, moe_act.
  recompute.attention_core =
      text.starts_with("selective") || holds(text, "attention") || holds(text, "core_attn");
  recompute.norms = holds(text, "norm");
  recompute.mla_up = holds(text, "mla up") || holds(text, "mla_up");
  recompute.swiglu = holds(text, "swiglu");
  recompute.experts_act = holds(text, "moe_act");
  const bool any = recompute.attention_core || recompute.norms || recompute.mla_up || recompute.swiglu ||
                   recompute.experts_act;
  return any ? std::optional(recompute) : std::nullopt;
}

std::optional<plan::TokenExchange> exchange_word(const std::string& word) {
  if (word == "deepep") return plan::TokenExchange::deepep;
  if (word == "hybridep") return plan::TokenExchange::hybridep;
  if (word == "all_to_all" || word == "alltoall") return plan::TokenExchange::all_to_all;
  return std::nullopt;
}

std::optional<plan::Graphs> graphs_word(const std::string& word) {
  if (word == "none") return plan::Graphs{};
  if (word == "all") return plan::Graphs{.attention = true, .router = true, .all = true};
  const plan::Graphs graphs{
      .attention = holds(word, "attention"), .router = holds(word, "router"), .all = false};
  return graphs.attention || graphs.router ? std::optional(graphs) : std::nullopt;
}

std::optional<std::int64_t> zero_word(const std::string& word) {
  const std::string text = lower(word);
  if (text == "fsdp" || text.starts_with("fully")) return 3;
  const auto digit = std::find_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '3'; });
  if (digit != text.end()) return *digit - '0';
  if (text == "none" || text == "off") return 0;
  return std::nullopt;
}

}  // namespace foretrain::study
