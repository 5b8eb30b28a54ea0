#include "spec/plan_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace foretrain::spec {
namespace {

constexpr std::array unit_names{"embedding", "dense",    "moe",          "mtp",
                                "head",      "mtp_head", "dense_window", "moe_window"};  // as model::Unit
const char* const recompute_meaning =
    "none, full, selective, a list out of norms, mla_up, swiglu, attention_core, experts_act, "
    "second_products, "
    "products, or {full_layers: 4}";
const char* const others_meaning =  // of layers that are not recomputed whole
    "none, selective, or a list out of norms, mla_up, swiglu, attention_core, experts_act, second_products, "
    "products";

// "3 dense" or "head": so many units of one kind.
void add_units(Reader& reader, const Node& item, std::vector<model::Unit>& stage) {
  const auto* text = reader.scalar_of(item, "units such as '4 moe'");
  if (text == nullptr) return;
  std::int64_t count = 1;
  std::string name = *text;
  if (const auto space = text->find(' '); space != std::string::npos) {
    const auto parsed = parse_integer(text->substr(0, space));
    if (!parsed.ok || parsed.value < 1 || parsed.value > 10'000) {
      reader.context().error(item.where, fmt::format("{} does not start with a count", in_quotes(*text)),
                             "write a count and a unit, as in '4 moe'");
      return;
    }
    count = parsed.value;
    name = text->substr(space + 1);
  }
  for (std::size_t u = 0; u < unit_names.size(); ++u)
    if (name == unit_names[u]) {
      stage.insert(stage.end(), static_cast<std::size_t>(count), static_cast<model::Unit>(u));
      return;
    }
  reader.context().error(item.where, fmt::format("unknown unit {}", in_quotes(name)),
                         suggest(name, {unit_names.begin(), unit_names.end()}));
}

std::vector<model::Unit> read_one_stage(Reader& reader, const Node& node) {
  std::vector<model::Unit> stage;
  if (node.kind != Node::Kind::sequence) {
    reader.context().error(node.where, "a pipeline stage must be a list of units", "write [3 dense, 1 moe]");
    return stage;
  }
  for (const auto& item : node.items) add_units(reader, item, stage);
  return stage;
}

// A list of stages; {times: 14, stage: [4 moe]} stands for 14 equal ones.
void read_assignment(Reader& reader, const Node& node, std::vector<std::vector<model::Unit>>& stages) {
  if (node.kind != Node::Kind::sequence) {
    reader.context().error(node.where, "stages must be 'default' or a list of stages",
                           "write one list of units for each stage, as in [4 moe]");
    return;
  }
  for (const auto& item : node.items) {
    if (item.kind != Node::Kind::map) {
      stages.push_back(read_one_stage(reader, item));
      continue;
    }
    Reader repeated(reader.context(), item, reader.full("stages"), item.where);
    const auto times = repeated.integer("times", "how many equal stages", {1, 10'000});
    if (const auto* entry = repeated.required("stage", "the units of each"); entry != nullptr)
      stages.insert(stages.end(), static_cast<std::size_t>(times), read_one_stage(repeated, entry->value));
    repeated.finish();
  }
}

}  // namespace

void read_stage_lists(Reader& reader, PlanRead& read) {
  const auto* entry = reader.optional("stages");
  if (entry == nullptr) return;
  read.default_stages = entry->value.kind == Node::Kind::scalar && entry->value.text == "default";
  const auto errors = reader.context().error_count();
  read.plan.stages.clear();
  if (!read.default_stages) read_assignment(reader, entry->value, read.plan.stages);
  if (reader.context().error_count() !=
      errors) {  // said; the default stands in so that nothing follows from it
    read.default_stages = true;
    return;
  }
  reader.context().record(reader.full("stages"), read.default_stages ? "default" : "as listed",
                          entry->value.where);
}

namespace {

// "full", "selective", "none", or a list of what is recomputed.
void read_recompute_word(Reader& reader, const Node& value, const std::string& key, const char* meaning,
                         model::Recompute& recompute) {
  if (value.kind == Node::Kind::scalar) {
    recompute.layers = value.text == "full" && meaning == recompute_meaning;
    recompute.attention_core = value.text == "selective";
    if (!recompute.layers && !recompute.attention_core && value.text != "none")
      reader.context().error(value.where, fmt::format("cannot recompute {}", in_quotes(value.text)), meaning);
    reader.context().record(key, value.text, value.where);
    return;
  }
  const auto chosen = reader.some_of(
      value, key,
      {"norms", "mla_up", "swiglu", "attention_core", "experts_act", "second_products", "products"},
      "cannot recompute");
  recompute.norms = chosen[0];
  recompute.mla_up = chosen[1];
  recompute.swiglu = chosen[2];
  recompute.attention_core = chosen[3];
  recompute.experts_act = chosen[4];
  recompute.products = chosen[6]   ? model::Products::all
                       : chosen[5] ? model::Products::second
                                   : model::Products::kept;
}

}  // namespace

void read_recompute(Reader& reader, model::Recompute& recompute) {
  const auto* entry = reader.optional("recompute");
  if (entry == nullptr) return;
  const auto key = reader.full("recompute");
  recompute = {};
  if (entry->value.kind != Node::Kind::map)
    return read_recompute_word(reader, entry->value, key, recompute_meaning, recompute);
  Reader some(reader.context(), entry->value, key, entry->where);
  const auto layers =
      some.integer("full_layers", "the first layers of each pipeline stage, recomputed whole", {1, 10'000});
  if (const auto* others = some.optional("others"); others != nullptr)
    read_recompute_word(some, others->value, some.full("others"), others_meaning, recompute);
  recompute.full_layers = layers;
  some.finish();
}

plan::Overlap overlap_of(Reader& reader, const Node& list, const std::string& key,
                         const std::string& source) {
  const auto chosen = reader.some_of(list, key, {"gradients", "parameters", "tensor", "p2p"},
                                     "no communication of the name", source);
  plan::Overlap overlap;
  overlap.gradients = chosen[0];
  overlap.parameters = chosen[1];
  overlap.tensor = chosen[2];
  overlap.p2p = chosen[3];
  return overlap;
}

std::string to_text(const plan::Overlap& overlap) {
  std::vector<std::string> names;
  if (overlap.gradients) names.emplace_back("gradients");
  if (overlap.parameters) names.emplace_back("parameters");
  if (overlap.tensor) names.emplace_back("tensor");
  if (overlap.p2p) names.emplace_back("p2p");
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

const std::vector<std::string>& context_exchange_names() {
  static const std::vector<std::string> names{std::string(name_of(ContextExchange::ring)),
                                              std::string(name_of(ContextExchange::all_gather))};
  return names;
}

const std::vector<std::string>& precision_names() {
  static const std::vector<std::string> names{"fp8", "bf16", "fp8_tensor", "mxfp8", "nvfp4", "fp16"};
  return names;
}

model::Precision precision_of(std::size_t name) {
  const bool fp16 = name + 1 == precision_names().size();
  return fp16 ? model::Precision::bf16 : static_cast<model::Precision>(name);
}

}  // namespace foretrain::spec
