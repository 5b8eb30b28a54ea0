#include "spec/run_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace foretrain::spec {
namespace {

struct Key {
  std::string_view name;
  RunKeyKind kind;
};
using enum RunKeyKind;

constexpr std::array keys{
    // what ran
    Key{"model", word},
    Key{"kind", word},
    Key{"phase", word},
    Key{"system", word},
    Key{"release", word},
    Key{"round", word},
    Key{"framework", word},
    Key{"technique", word},
    Key{"features", list},
    Key{"inconsistent", word},
    // its model, where it is not a model known by name
    Key{"layers", count},
    Key{"layers_override", count},
    Key{"dense_layers", size},
    Key{"hidden", count},
    Key{"heads", count},
    Key{"kv_heads", count},
    Key{"head_dim", count},
    Key{"ffn", count},
    Key{"dense_ffn", count},
    Key{"moe_ffn", count},
    Key{"shared_ffn", count},
    Key{"experts", count},
    Key{"top_k", count},
    Key{"shared_experts", size},
    Key{"moe_every", count},
    Key{"groups", count},
    Key{"group_limit", count},
    Key{"gqa_group", count},
    Key{"q_lora", count},
    Key{"kv_lora", count},
    Key{"qk_nope", count},
    Key{"qk_rope", count},
    Key{"v_head", count},
    Key{"vocab", count},
    Key{"gated", flag},
    Key{"activation", word},
    Key{"norm", word},
    Key{"position", word},
    Key{"biases", flag},
    Key{"tied_embedding", flag},
    Key{"sliding_window", count},
    Key{"sliding_every", count},
    Key{"mtp", size},
    Key{"mtp_depth", size},
    Key{"params", count},
    // where
    Key{"gpu", word},
    Key{"gpus", count},
    Key{"part", word},
    Key{"nic", word},
    Key{"gpus_per_node", count},
    Key{"nics_per_node", count},
    Key{"nvlink_domain", count},
    // how it was cut
    Key{"tp", count},
    Key{"pp", count},
    Key{"cp", count},
    Key{"ep", count},
    Key{"etp", count},
    Key{"etp_follows_tp", flag},
    Key{"dp", count},
    Key{"vpp", count},
    Key{"zero", word},
    Key{"fsdp_group", size},
    Key{"reshard", flag},
    Key{"sequence_parallel", flag},
    Key{"schedule", word},
    Key{"recompute", word},
    Key{"precision", word},
    Key{"routing", word},
    Key{"capacity_factor", figure},
    Key{"optimizer", word},
    Key{"software", word},
    Key{"overlap_gradients", flag},
    Key{"overlap_parameters", flag},
    Key{"overlap_tensor", flag},
    Key{"overlap_p2p", flag},
    Key{"exchange", word},
    Key{"gradient_bytes", figure},
    Key{"gathered_bytes", figure},
    Key{"optimizer_bytes", figure},
    Key{"accumulate_fp32", flag},
    Key{"current_scaling", flag},
    Key{"eight_bit_weights", flag},
    Key{"cuda_graphs", word},
    Key{"first_stage_layers", count},
    Key{"last_stage_layers", count},
    // the batch
    Key{"seq_len_tokens", loose},
    Key{"gbs_sequences", count},
    Key{"mbs_sequences", count},
    Key{"microbatches", count},
    Key{"grad_accum", count},
    Key{"local_batch", count},
    Key{"steps", count},
    Key{"tokens_T", figure},
    // what was measured
    Key{"step_time_s", figure},
    Key{"step_time_ms", figure},
    Key{"step_time_s_derived", figure},
    Key{"tokens_per_s", figure},
    Key{"tokens_per_s_per_gpu", figure},
    Key{"tflops_per_gpu", figure},
    Key{"mfu_pct", figure},
    Key{"peak_gib", figure},
    Key{"gpu_hours", figure},
    // about the row
    Key{"repro", word},
    Key{"confidence", word},
    Key{"source", word},
};

// Said in many files and of no use to a prediction: derived from other keys, or prose.
constexpr std::array remarks{"notes",
                             "seen",
                             "tokens_per_s_derived",
                             "predicted_step_time_s",
                             "step_time_s_runs",
                             "hfu_pct",
                             "minutes_to_target",
                             "org",
                             "fabric",
                             "network",
                             "nodes",
                             "params_B",
                             "active_B",
                             "unit",
                             "gbs_sequences_text"};

// Whether one place of at most two letters tells two keys apart: a letter too many, too few or swapped. Keys
// have many words in common (tokens_per_s_per_gpu, ..._per_node), so that a looser measure would take one for
// another.
bool is_slip(std::string_view a, std::string_view b) {
  std::size_t front = 0, back = 0;
  while (front < std::min(a.size(), b.size()) && a[front] == b[front]) ++front;
  const std::size_t rest = std::min(a.size(), b.size()) - front;
  while (back < rest && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  const std::size_t longest = std::max(a.size(), b.size()) - front - back;
  return front + back >= 3 && longest <= 2;
}

}  // namespace

RunKeyKind kind_of_run_key(std::string_view key) {
  for (const Key& known : keys)
    if (known.name == key) return known.kind;
  return std::find(remarks.begin(), remarks.end(), key) != remarks.end() ? remark : unknown;
}

std::string nearest_run_key(const std::string& key) {
  for (const Key& known : keys)
    if (is_slip(key, known.name)) return std::string(known.name);
  return {};
}

std::string fault_of_run_value(RunKeyKind kind, const std::string& text) {
  constexpr std::int64_t most = 1'000'000'000'000'000;
  if (kind == count || kind == size) {
    const auto parsed = parse_integer(text);
    if (!parsed.ok) return parsed.message;
    const std::int64_t least = kind == count ? 1 : 0;
    if (parsed.value < least || parsed.value > most) return fmt::format("{} is out of range", text);
  }
  if (kind == figure) {
    const auto parsed = parse_number(text);
    if (!parsed.ok) return parsed.message;
    if (parsed.value <= 0) return fmt::format("{} is not more than 0", text);
  }
  if (kind == flag && text != "true" && text != "false")
    return fmt::format("{} is neither true nor false", in_quotes(text));
  return {};
}

std::optional<RunField> read_run_field(Context& context, const Entry& entry, RunKeyKind kind) {
  if (kind == remark || kind == unknown) return std::nullopt;
  std::string text = entry.value.text;
  if (kind == list && entry.value.kind == Node::Kind::sequence) {
    for (const Node& item : entry.value.items) text += (text.empty() ? "" : ", ") + item.text;
  } else if (entry.value.kind != Node::Kind::scalar) {
    context.error(entry.value.where, fmt::format("'{}' must be a single value", entry.key));
    return std::nullopt;
  }
  if (const std::string fault = fault_of_run_value(kind, text); !fault.empty()) {
    context.error(entry.value.where, fmt::format("{}: {}", entry.key, fault),
                  kind == flag     ? "write true or false"
                  : kind == figure ? "write a number; its unit is in the key's name"
                                   : "write a whole number, without quotes or unit");
    return std::nullopt;
  }
  return RunField{entry.key, text, context.origin(entry.value.where)};
}

}  // namespace foretrain::spec
