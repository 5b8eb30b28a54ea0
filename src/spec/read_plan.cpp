#include <fmt/format.h>

#include <array>

#include "plan/stages.hpp"
#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

using plan::PlanSpec;
using plan::Schedule;

constexpr std::array unit_names{"embedding", "dense", "moe", "mtp", "head", "mtp_head"};  // as model::Unit
constexpr std::array schedules{Schedule::one_f_one_b, Schedule::zb1p, Schedule::dualpipe,
                               Schedule::dualpipe_v};

std::vector<std::string> schedule_choices() {
  std::vector<std::string> names;
  for (const auto s : schedules) names.emplace_back(name_of(s));
  return names;
}

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

void read_recompute(Reader& reader, model::Recompute& recompute) {
  const std::string meaning = "a list out of norms, mla_up, swiglu";
  const auto* entry = reader.optional("recompute");
  if (entry == nullptr) return;
  if (entry->value.kind != Node::Kind::sequence) {
    reader.context().error(entry->value.where, "recompute must be a list", meaning);
    return;
  }
  recompute = {};
  std::string all;
  for (const auto& item : entry->value.items) {
    const auto* name = reader.scalar_of(item, meaning);
    if (name == nullptr) continue;
    if (*name == "norms")
      recompute.norms = true;
    else if (*name == "mla_up")
      recompute.mla_up = true;
    else if (*name == "swiglu")
      recompute.swiglu = true;
    else
      reader.context().error(item.where, fmt::format("cannot recompute {}", in_quotes(*name)),
                             suggest(*name, {"norms", "mla_up", "swiglu"}));
    all += (all.empty() ? "" : ", ") + *name;
  }
  reader.context().record(reader.full("recompute"), all, entry->value.where);
}

void read_stages_key(Reader& reader, PlanRead& read) {
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

// Keys whose value is a behaviour: when absent, the value in `plan` stands.
void read_behaviours(Reader& reader, PlanSpec& plan, bool changes) {
  const auto keep_or_read = [&](const char* name, std::int64_t& value, Range range) {
    if (!changes || reader.has(name))
      value = reader.integer_or(name, value, range);
    else
      reader.optional(name);
  };
  keep_or_read("tensor", plan.tensor, {1, 1024});
  keep_or_read("context", plan.context, {1, 4096});
  keep_or_read("zero", plan.zero, {0, 3});
  keep_or_read("micro_batch", plan.micro_batch, {1, 4096});
  if (!changes || reader.has("fallback"))
    plan.fallback =
        schedules[reader.choice("fallback", schedule_choices(), "", static_cast<int>(plan.fallback))];
  else
    reader.optional("fallback");
  read_recompute(reader, plan.recompute);
}

const std::string pipeline_meaning = "GPUs in a row, each holding its share of the layers, as in 16";
const std::string data_meaning = "copies of the pipeline that see different sequences, as in 128";
const std::string expert_meaning = "GPUs that share one set of routed experts, as in 64";
const std::string schedule_meaning = "1f1b, zb1p, dualpipe or dualpipe-v";
const std::string precision_meaning = "of the linear matrix products: fp8 or bf16";

}  // namespace

PlanRead read_plan(Reader& reader, Scenario& scenario) {
  PlanRead read;
  auto& plan = read.plan;
  plan.pipeline = reader.integer("pipeline", pipeline_meaning, {1, 4096});
  plan.data = reader.integer("data", data_meaning, {1, 1'000'000});
  plan.expert = reader.integer("expert", expert_meaning, {1, 1'000'000});
  plan.schedule = schedules[reader.choice("schedule", schedule_choices(), schedule_meaning)];
  plan.precision =
      static_cast<model::Precision>(reader.choice("precision", {"fp8", "bf16"}, precision_meaning));
  read_behaviours(reader, plan, false);
  read_stages_key(reader, read);
  const auto* software =
      reader.required("software", "the path of a software profile, as in ../models/software/x.yaml");
  if (software != nullptr) {
    Reader profile(reader.context(), software->value, reader.full("software"), software->where);
    scenario.software = read_software(profile);
  }
  reader.finish();
  return read;
}

PlanRead read_plan_changes(Reader& reader, const PlanRead& base) {
  PlanRead read = base;
  auto& plan = read.plan;
  if (reader.optional("pipeline") != nullptr)
    plan.pipeline = reader.integer("pipeline", pipeline_meaning, {1, 4096});
  if (reader.optional("data") != nullptr) plan.data = reader.integer("data", data_meaning, {1, 1'000'000});
  if (reader.optional("expert") != nullptr)
    plan.expert = reader.integer("expert", expert_meaning, {1, 1'000'000});
  if (reader.optional("schedule") != nullptr)
    plan.schedule = schedules[reader.choice("schedule", schedule_choices(), schedule_meaning)];
  if (reader.optional("precision") != nullptr)
    plan.precision =
        static_cast<model::Precision>(reader.choice("precision", {"fp8", "bf16"}, precision_meaning));
  read_behaviours(reader, plan, true);
  read_stages_key(reader, read);
  reader.finish();
  return read;
}

}  // namespace foretrain::spec
