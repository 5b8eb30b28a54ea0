#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/schedule.hpp"
#include "spec/plan_values.hpp"

namespace foretrain::spec {
namespace {

using plan::PlanSpec;
using plan::Schedule;

const std::string pipeline_meaning = "GPUs in a row, each holding its share of the layers, as in 16";
const std::string data_meaning = "copies of the pipeline that see different sequences, as in 128";
const std::string expert_meaning = "GPUs that share one set of routed experts, as in 64";
const std::string precision_meaning =
    "of the linear matrix products: bf16, fp16, fp8 (scaled in blocks), fp8_tensor, mxfp8 or nvfp4";

// Every schedule by its name, then zb-h1, another name of zb1p.
std::vector<std::string> schedule_words() {
  auto words = plan::schedule_names();
  words.emplace_back("zb-h1");
  return words;
}

// One map of layout keys. A scenario's plan must hold the sizes, and the rest has defaults that `explain`
// shows; a training stage's changes hold what they change, and everything else stays as it was.
class Keys {
 public:
  Keys(Reader& reader, bool changes) : reader_(&reader), changes_(changes) {}

  void size(const char* name, std::int64_t& value, const std::string& meaning, Range range) {
    if (asks(name)) value = reader_->integer(name, meaning, range);
  }
  void integer(const char* name, std::int64_t& value, Range range) {
    if (asks(name)) value = reader_->integer_or(name, value, range);
  }
  void flag(const char* name, bool& value) {
    if (asks(name)) value = reader_->flag_or(name, value);
  }
  void factor(const char* name, double& value) {
    if (reader_->has(name))
      value = reader_->measure(name, Measure::ratio, "", not_negative());
    else if (asks(name))
      reader_->context().record_default(reader_->full(name), "0");
  }
  void schedule(const char* name, Schedule& value, bool needed) {
    if (!asks(name)) return;
    const auto words = schedule_words();
    const auto chosen = reader_->choice(name, words, fmt::format("one of {}", fmt::join(words, ", ")),
                                        needed ? -1 : static_cast<int>(value));
    value = plan::schedule_named(words[chosen]).value_or(value);
  }
  void precision(model::Precision& value) {
    if (asks("precision"))
      value = precision_of(reader_->choice("precision", precision_names(), precision_meaning));
  }
  void context_exchange(ContextExchange& value) {
    if (reader_->has("context_exchange"))
      value = static_cast<ContextExchange>(reader_->choice("context_exchange", context_exchange_names(), ""));
    else if (asks("context_exchange"))
      reader_->context().record_default(reader_->full("context_exchange"), std::string(name_of(value)));
  }
  // A list replaces what the software profile says.
  void overlap(plan::Overlap& value) {
    if (reader_->has("overlap"))
      value = overlap_of(*reader_, reader_->optional("overlap")->value, reader_->full("overlap"));
    else if (asks("overlap"))
      reader_->context().record_default(reader_->full("overlap"), to_text(value));
  }
  void recompute(model::Recompute& value) {
    if (!reader_->has("recompute") && asks("recompute"))
      reader_->context().record_default(reader_->full("recompute"), "none");
    read_recompute(*reader_, value);
  }

 private:
  bool asks(const char* name) {
    if (!changes_ || reader_->has(name)) return true;
    reader_->optional(name);  // known, and left as it was
    return false;
  }
  Reader* reader_;
  bool changes_;
};

void read_layout(Reader& reader, PlanRead& read, bool changes, bool has_experts) {
  Keys keys(reader, changes);
  auto& plan = read.plan;
  keys.size("pipeline", plan.pipeline, pipeline_meaning, {1, 4096});
  keys.size("data", plan.data, data_meaning, {1, 1'000'000});
  if (has_experts)
    keys.size("expert", plan.expert, expert_meaning, {1, 1'000'000});
  else
    keys.integer("expert", plan.expert, {1, 1'000'000});
  keys.schedule("schedule", plan.schedule, true);
  keys.precision(plan.precision);
  keys.integer("tensor", plan.tensor, {1, 1024});
  keys.flag("sequence_parallel", plan.sequence_parallel);
  keys.integer("context", plan.context, {1, 4096});
  keys.context_exchange(plan.context_exchange);
  keys.integer("virtual_stages", plan.virtual_stages, {1, 1024});
  keys.integer("expert_tensor", plan.expert_tensor, {1, 1024});
  keys.factor("capacity_factor", plan.capacity_factor);
  keys.integer("zero", plan.zero, {0, 3});
  keys.integer("shard_group", plan.shard_group, {0, 1'000'000});
  keys.flag("reshard", plan.reshard);
  keys.flag("offload_optimizer", plan.offload_optimizer);
  keys.overlap(plan.overlap);
  keys.integer("micro_batch", plan.micro_batch, {1, 4096});
  keys.schedule("fallback", plan.fallback, false);
  keys.recompute(plan.recompute);
  read_stage_lists(reader, read);
}

}  // namespace

PlanRead read_plan(Reader& reader, Scenario& scenario) {
  PlanRead read;
  const auto* software =
      reader.required("software", "the path of a software profile, as in ../models/software/x.yaml");
  if (software != nullptr) {
    Reader profile(reader.context(), software->value, reader.full("software"), software->where);
    scenario.software = read_software(profile);
    read.plan.overlap = scenario.software.overlap;
    read.plan.context_exchange = scenario.software.context_exchange;
  }
  const bool unread = scenario.model.layers == 0;
  read_layout(reader, read, false, unread || scenario.model.moe.experts > 0);
  reader.finish();
  return read;
}

PlanRead read_plan_changes(Reader& reader, const PlanRead& base) {
  PlanRead read = base;
  read_layout(reader, read, true, true);
  reader.finish();
  return read;
}

}  // namespace foretrain::spec
