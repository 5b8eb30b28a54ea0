// What makes GPUs of the scenario's cluster differ: faults, and how unevenly tokens choose experts.

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "spec/csv.hpp"
#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

// Calls `read` on each map of the list under `name`, when there is one; its first key is the GPU.
template <class Read>
void each_gpu(Reader& reader, const std::string& name, const std::string& example, const Scenario& s,
              Read read) {
  const auto* entry = reader.optional(name);
  if (entry == nullptr) return;
  if (entry->value.kind != Node::Kind::sequence) {
    reader.context().error(entry->where, fmt::format("{} must be a list", reader.full(name)), example);
    return;
  }
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < entry->value.items.size(); ++i) {
    const auto& item = entry->value.items[i];
    Reader one(reader.context(), item, fmt::format("{}.{}", reader.full(name), i), item.where);
    const auto gpu =
        one.integer("gpu", "the number of a GPU, from 0", {0, std::max<std::int64_t>(s.cluster.gpus, 1) - 1});
    read(one, gpu);
    one.finish();
    if (!seen.insert(gpu).second)
      reader.context().error(item.where, fmt::format("{} names GPU {} twice", reader.full(name), gpu));
  }
}

// Of a rate. With less a step takes longer than the clock runs; such a link has failed.
Limits kept() {
  return {1e-6, 1, false, "0.0001 % to 100 %"};
}

void read_nic(Reader& one, std::int64_t gpu, Scenario& s) {
  const auto before = one.context().error_count();
  const bool failed = one.flag_or("failed", false);
  if (one.context().error_count() > before) {  // whether it needs a rate is not known
    one.optional("rate");
    return;
  }
  if (failed && one.has("rate"))
    one.context().error(one.where(), "a failed NIC has no rate", "give rate or failed: true, not both");
  const double rate =
      failed && !one.has("rate")
          ? 0
          : one.measure("rate", Measure::ratio, "what the NIC keeps of its rate, as in 50 %", kept());
  s.faults.nics.push_back({gpu, rate, failed});
}

// Their traffic would have no way out.
void check_nodes(Reader& reader, const Scenario& s) {
  if (s.cluster.gpus_per_node <= 0) return;
  std::map<std::int64_t, std::int64_t> failed;
  for (const auto& nic : s.faults.nics)
    if (nic.failed && ++failed[nic.gpu / s.cluster.gpus_per_node] == s.cluster.gpus_per_node)
      reader.context().error(
          reader.where(), fmt::format("every NIC of node {} has failed", nic.gpu / s.cluster.gpus_per_node),
          "one of them must work: the others' traffic goes through it");
}

constexpr double most_tokens = 1e15;  // 70 times all that DeepSeek-V3 was trained on

// Tokens of each layer and expert.
void read_counts(Reader& reader, const Scenario& s, model::Popularity& popularity) {
  const auto path = reader.text("file", "the path of a table with the columns layer, expert and tokens");
  if (path.empty()) return;
  const auto* entry = reader.optional("file");
  auto& context = reader.context();
  const auto& source = context.text_of(entry->where.file);
  const auto folder =
      source.command_line ? std::filesystem::path() : std::filesystem::path(source.name).parent_path();
  const auto table = read_csv(context, (folder / path).lexically_normal().string(),
                              {"layer", "expert", "tokens"}, entry->value.where);
  if (!table) return;
  const auto layers = s.model.layers - s.model.dense_layers + s.model.mtp_depth;
  const auto before = context.error_count();
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  for (std::size_t row = 0; row < table->rows.size(); ++row) {
    const auto layer = table->whole(context, row, "layer"), expert = table->whole(context, row, "expert");
    const double tokens = table->number(context, row, "tokens");
    if (tokens > most_tokens)
      context.error(table->where(row, "tokens"), fmt::format("{} tokens are too many to count", tokens),
                    fmt::format("at most {:.0f}", most_tokens));
    if (layer >= layers || expert >= s.model.moe.experts) {
      context.error(
          table->where(row, layer >= layers ? "layer" : "expert"),
          fmt::format("the model has no expert {} in a layer {}", expert, layer),
          fmt::format("experts 0 to {}; layers with experts, 0 to {}", s.model.moe.experts - 1, layers - 1));
      return;
    }
    if (!seen.emplace(layer, expert).second)
      context.error(table->where(row, "expert"),
                    fmt::format("expert {} of layer {} stands here twice", expert, layer));
    popularity.tokens.resize(std::max(popularity.tokens.size(), static_cast<std::size_t>(layer) + 1));
    auto& experts = popularity.tokens[static_cast<std::size_t>(layer)];
    experts.resize(static_cast<std::size_t>(s.model.moe.experts));
    experts[static_cast<std::size_t>(expert)] = tokens;
  }
  if (context.error_count() > before) return;
  for (std::size_t layer = 0; layer < popularity.tokens.size(); ++layer) {
    const auto& experts = popularity.tokens[layer];
    if (experts.empty()) continue;
    const auto chosen = std::count_if(experts.begin(), experts.end(), [](double t) { return t > 0; });
    if (chosen < s.model.moe.top_k)
      context.error({table->file, 0, 0},
                    fmt::format("layer {}: a token goes to {} experts, and {} have any tokens", layer,
                                s.model.moe.top_k, chosen),
                    "a layer without any row is multinomial");
  }
}

double number_in(Reader& reader, const std::string& name, const std::string& meaning, double least,
                 double most) {
  const double value = reader.number(name, meaning);
  if (value >= least && value <= most) return value;
  if (const auto* entry = reader.optional(name); entry != nullptr)
    reader.context().error(entry->value.where, fmt::format("{}: {} is not allowed", reader.full(name), value),
                           fmt::format("allowed: {} to {}", least, most));
  return least;
}

void read_popularity(Reader& reader, Scenario& s) {
  const std::vector<std::string> kinds{"stated", "balanced", "multinomial", "zipf", "hot", "counts"};
  auto& p = s.popularity;
  const auto before = reader.context().error_count();
  p.kind = static_cast<model::Popularity::Kind>(
      reader.choice("kind", kinds, "how tokens choose experts, as in zipf"));
  if (reader.context().error_count() > before) return;  // which other keys belong to it is not known
  using Kind = model::Popularity::Kind;
  if (p.kind != Kind::stated && s.model.moe.experts == 0)
    reader.context().error(reader.where(), "the model has no experts to route tokens to");
  if (p.kind == Kind::zipf)
    p.exponent =
        number_in(reader, "exponent", "how fast popularity falls from expert to expert, as in 0.5", 0, 4);
  if (p.kind == Kind::hot)
    p.times =
        number_in(reader, "times", "how much more popular one expert of each layer is, as in 4", 1, 1000);
  if (p.kind == Kind::counts) read_counts(reader, s, p);
  if (p.kind == Kind::zipf || p.kind == Kind::hot || p.kind == Kind::counts) {
    p.balancing_steps = reader.integer_or("balancing_steps", 0, {0, 100'000});
    if (reader.has("balancing_rate"))
      p.balancing_rate =
          number_in(reader, "balancing_rate", "what a step moves a bias by, as in 0.001", 1e-6, 0.1);
  }
  reader.finish();
}

}  // namespace

void read_unevenness(Reader& reader, Scenario& s) {
  each_gpu(reader, "slow_gpus", "- {gpu: 17, slower: 10 %}", s, [&](Reader& one, std::int64_t gpu) {
    s.faults.slow_gpus.push_back(
        {gpu, one.measure("slower", Measure::ratio, "how much longer its kernels take, as in 10 %",
                          {0, 10, true, "more than 0 and at most 10 (1000 %)"})});
  });
  each_gpu(reader, "nics", "- {gpu: 3, rate: 50 %}", s,
           [&](Reader& one, std::int64_t gpu) { read_nic(one, gpu, s); });
  each_gpu(reader, "nvlinks", "- {gpu: 3, rate: 50 %}", s, [&](Reader& one, std::int64_t gpu) {
    s.faults.nvlinks.push_back(
        {gpu, one.measure("rate", Measure::ratio, "what its NVLink keeps of its rate, as in 50 %", kept())});
  });
  check_nodes(reader, s);
  if (const auto* entry = reader.optional("routing"); entry != nullptr) {
    Reader routing(reader.context(), entry->value, reader.full("routing"), entry->where);
    read_popularity(routing, s);
  }
  reader.finish();
}

}  // namespace foretrain::spec
