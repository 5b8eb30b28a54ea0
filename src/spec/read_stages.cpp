#include <fmt/core.h>

#include <algorithm>

#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

BatchSpec read_batch(Reader& reader) {
  const std::string meaning = "sequences a step: 1920, or {from: 3072, to: 15360, over: 469 B tokens}";
  BatchSpec batch;
  const auto* entry = reader.required("batch", meaning);
  if (entry == nullptr) return batch;
  if (entry->value.kind != Node::Kind::map) {
    batch.from = batch.to = reader.integer_of(entry->value, reader.full("batch"), {1, 100'000'000});
    return batch;
  }
  Reader ramp(reader.context(), entry->value, reader.full("batch"), entry->where);
  batch.from = ramp.integer("from", "sequences of the first step", {1, 100'000'000});
  batch.to = ramp.integer("to", "sequences of a step after the ramp", {1, 100'000'000});
  batch.over_tokens = ramp.measure("over", Measure::tokens, "tokens over which the batch grows");
  ramp.finish();
  return batch;
}

RolloutSpec read_rollout(Reader& reader) {
  RolloutSpec rollout;
  rollout.prompts_per_step = reader.integer("prompts_per_step", "prompts answered before each update");
  rollout.samples_per_prompt = reader.integer("samples_per_prompt", "answers to each prompt", {1, 100'000});
  rollout.prompt_tokens = reader.integer("prompt_tokens", "mean length of a prompt", {1, 10'000'000});
  rollout.response_tokens = reader.integer("response_tokens", "mean length of an answer", {1, 10'000'000});
  rollout.mtp_acceptance =
      reader.measure("mtp_acceptance", Measure::ratio, "how often the speculated token is kept",
                     {0, 1, false, "0 to 1 (0 % to 100 %)"});
  rollout.decode_batch = reader.integer("decode_batch", "requests decoded together on a GPU", {1, 100'000});
  rollout.decode_expert = reader.integer("decode_expert", "expert parallelism of decoding", {1, 100'000});
  rollout.prefill_expert = reader.integer("prefill_expert", "expert parallelism of prefill", {1, 100'000});
  rollout.reward_model_share =
      reader.measure("reward_model_share", Measure::ratio, "samples scored by a reward model",
                     {0, 1, false, "0 to 1 (0 % to 100 %)"});
  reader.finish();
  return rollout;
}

// How long the stage is: exactly one of tokens, steps and samples.
void read_extent(Reader& reader, StageSpec& stage) {
  std::vector<const Entry*> given;
  for (const char* name : {"tokens", "steps", "samples"})
    if (const auto* entry = reader.optional(name); entry != nullptr) given.push_back(entry);
  if (given.empty())
    reader.context().error(reader.where(), fmt::format("stage {} has no length", in_quotes(stage.name)),
                           "give one of tokens, steps and samples");
  if (given.size() > 1)
    reader.context().error(
        given[1]->where, fmt::format("{} beside {}: the length is given twice", given[1]->key, given[0]->key),
        "keep one of tokens, steps and samples");
  if (reader.has("tokens")) stage.tokens = reader.measure("tokens", Measure::tokens, "");
  if (reader.has("steps")) stage.steps = reader.integer("steps", "");
  if (reader.has("samples")) {
    stage.samples = reader.measure("samples", Measure::samples, "");
    stage.epochs = static_cast<double>(reader.integer_or("epochs", 1, {1, 10'000}));
    stage.mean_sample_tokens =
        reader.measure("mean_sample_tokens", Measure::tokens, "mean length of a sample, prompt and answer");
  }
}

std::map<std::string, std::string> read_assumptions(Reader& reader) {
  std::map<std::string, std::string> texts;
  const auto* entry = reader.optional("assumptions");
  if (entry == nullptr) return texts;
  Reader assumptions(reader.context(), entry->value, reader.full("assumptions"), entry->where);
  for (const auto& one : assumptions.node().entries)
    texts[one.key] = assumptions.text(one.key, "why this value was chosen");
  return texts;
}

StageSpec read_stage(Reader& reader, const std::string& name, const PlanRead& base,
                     const model::TransformerSpec& model) {
  using Kind = StageSpec::Kind;
  StageSpec stage;
  stage.name = name;
  reader.text("name", "the stage's name");
  stage.kind = static_cast<Kind>(
      reader.choice("kind", {"pretraining", "extension", "supervised", "reinforcement"}, "what is trained"));
  read_extent(reader, stage);
  stage.sequence = reader.integer("sequence", "tokens of a sequence", {1, 100'000'000});
  stage.documents = read_documents(reader, stage);
  stage.batch = read_batch(reader);
  PlanRead plan = base;
  if (const auto* entry = reader.optional("plan"); entry != nullptr) {
    Reader changes(reader.context(), entry->value, reader.full("plan"), entry->where);
    plan = read_plan_changes(changes, base);
  }
  stage.plan = with_stages(plan, model);
  if (stage.kind == Kind::reinforcement) {
    if (const auto* entry = reader.required("rollout", "what is generated before each update");
        entry != nullptr) {
      Reader rollout(reader.context(), entry->value, reader.full("rollout"), entry->where);
      stage.rollout = read_rollout(rollout);
    }
  }
  stage.assumptions = read_assumptions(reader);
  reader.finish();
  return stage;
}

std::string name_in(const Node& item, std::size_t index) {
  const auto* entry = item.find("name");
  const bool named =
      entry != nullptr && entry->value.kind == Node::Kind::scalar && !entry->value.text.empty();
  return named ? entry->value.text : fmt::format("{}", index);
}

}  // namespace

std::vector<StageSpec> read_stages(Context& context, const Entry* stages, const PlanRead& plan,
                                   const model::TransformerSpec& model) {
  std::vector<StageSpec> all;
  if (stages == nullptr) return all;
  if (stages->value.kind != Node::Kind::sequence || stages->value.items.empty()) {
    context.error(stages->where, "stages must be a list with at least one stage",
                  "- {name: pre-training, kind: pretraining, tokens: 14.8 T, ...}");
    return all;
  }
  std::map<std::string, Where> seen;
  for (std::size_t i = 0; i < stages->value.items.size(); ++i) {
    const auto& item = stages->value.items[i];
    const auto name = name_in(item, i);
    const auto [first, fresh] = seen.emplace(name, item.where);
    if (!fresh)
      context.error(item.where, fmt::format("a second stage named {}", in_quotes(name)),
                    fmt::format("the first is at line {}", first->second.line));
    if (name.find('.') != std::string::npos)
      context.error(item.where, fmt::format("stage name {} has a dot", in_quotes(name)),
                    "use a dash: names stand in keys");
    Reader reader(context, item, "stages." + name, item.where);
    all.push_back(read_stage(reader, name, plan, model));
  }
  return all;
}

}  // namespace foretrain::spec
