#include "report/json_outcome.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "report/rows.hpp"
#include "report/version.hpp"

namespace foretrain::report {

namespace {

using study::StageOutcome;

// A number, or null where there is none: JSON knows no infinity.
void number(JsonWriter& json, std::string_view key, double value) {
  if (std::isfinite(value))
    json.member(key, value);
  else
    json.key(key).null();
}

std::string_view kind_text(spec::StageSpec::Kind kind) {
  switch (kind) {
    case spec::StageSpec::Kind::pretraining:
      return "pretraining";
    case spec::StageSpec::Kind::extension:
      return "extension";
    case spec::StageSpec::Kind::supervised:
      return "supervised";
    case spec::StageSpec::Kind::reinforcement:
      return "reinforcement";
  }
  return "";
}

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void write_rows(JsonWriter& json, const cluster::Breakdown& breakdown) {
  json.begin_object();
  for (const Row& row : step_rows) number(json, row.name, (breakdown.*row.seconds).base());
  number(json, exposed_row.name, breakdown.exposed_communication.base());
  json.end_object();
}

void write_ranks(JsonWriter& json, const StageOutcome& stage) {
  json.key("ranks").begin_array();
  for (std::size_t r = 0; r < stage.step.ranks.size(); ++r) {
    json.begin_object().member("rank", r).key("breakdown_s");
    write_rows(json, stage.step.ranks[r]);
    if (r < stage.step.peak_in_flight.size()) json.member("peak_activations", stage.step.peak_in_flight[r]);
    json.end_object();
  }
  json.end_array();
}

void write_memory(JsonWriter& json, const StageOutcome& stage) {
  json.key("memory").begin_array();
  for (std::size_t r = 0; r < stage.memory.size(); ++r) {
    const plan::MemoryReport& memory = stage.memory[r];
    json.begin_object().member("rank", r).key("terms").begin_array();
    for (const auto& term : memory.terms) {
      json.begin_object().member("name", term.name);
      number(json, "bytes", term.bytes.base());
      json.end_object();
    }
    json.end_array();
    number(json, "total_bytes", memory.total.base());
    number(json, "limit_bytes", memory.limit.base());
    if (memory.host > Bytes{}) number(json, "host_bytes", memory.host.base());
    json.end_object();
  }
  json.end_array();
}

void write_ramp(JsonWriter& json, const StageOutcome& stage) {
  json.key("ramp").begin_array();
  for (const study::RampPoint& point : stage.ramp) {
    json.begin_object().member("batch", point.batch).member("micro_batches", point.micro_batches);
    number(json, "steps", point.steps);
    number(json, "step_time_s", point.step_time.base());
    json.member("schedule", plan::name_of(point.schedule)).end_object();
  }
  json.end_array();
}

void write_rollout(JsonWriter& json, const study::RolloutOutcome& r) {
  json.key("rollout").begin_object();
  number(json, "prefill_s", r.prefill.base());
  number(json, "decode_s", r.decode.base());
  number(json, "reward_s", r.reward.base());
  number(json, "reference_s", r.reference.base());
  number(json, "weight_sync_s", r.weight_sync.base());
  number(json, "update_s", r.update.base());
  number(json, "node_decode_tokens_per_s", r.decode_tokens_per_s_node);
  number(json, "node_prefill_tokens_per_s", r.prefill_tokens_per_s_node);
  number(json, "gpu_kv_cache_bytes", r.kv_cache_per_gpu.base());
  write_texts(json, "warnings", r.warnings);
  write_texts(json, "notes", r.notes);
  json.end_object();
}

void write_stage(JsonWriter& json, const StageOutcome& s) {
  json.begin_object().member("name", s.name).member("kind", kind_text(s.kind));
  number(json, "tokens", s.tokens);
  number(json, "steps", s.steps);
  number(json, "step_time_s", s.step.step_time.base());  // the update alone, as the rows of breakdown_s
  // What a step of reinforcement learning takes with its rollout: the text report's step time.
  if (s.rollout) number(json, "step_with_rollout_s", (s.duration / std::max(1.0, s.steps)).base());
  number(json, "days", s.duration.base() / 86400);
  number(json, "gpu_hours", s.gpu_hours);
  number(json, "cost_usd", s.cost.base());
  number(json, "tflops_causal", s.tflops_causal);
  number(json, "tflops_noncausal", s.tflops_noncausal);
  number(json, "mfu_causal", s.mfu_causal);
  number(json, "mfu_noncausal", s.mfu_noncausal);
  number(json, "tokens_per_day", s.tokens_per_day);
  json.member("sequence_tokens", s.sequence).member("batch_sequences", s.batch);
  if (!s.pieces.empty()) number(json, "attended_tokens", model::attended_tokens(s.pieces));
  json.member("micro_batches", s.step.micro_batches).member("schedule", plan::name_of(s.step.schedule));
  if (!s.step.fallback_reason.empty()) json.member("fallback_reason", s.step.fallback_reason);
  json.key("breakdown_s");
  write_rows(json, s.step.mean);
  write_ranks(json, s);
  write_memory(json, s);
  write_ramp(json, s);
  write_texts(json, "notes", s.notes);
  if (s.rollout) write_rollout(json, *s.rollout);
  json.end_object();
}

void write_interval(JsonWriter& json, const std::optional<study::Interval>& interval) {
  json.key("interval");
  if (!interval) {
    json.null();
    return;
  }
  json.begin_object();
  number(json, "low_s", interval->low.base());
  number(json, "high_s", interval->high.base());
  number(json, "level", interval->level);
  json.key("contributions").begin_array();
  for (const study::Contribution& c : interval->contributions) {
    json.begin_object().member("input", c.input);
    number(json, "spread", c.spread);
    number(json, "effect", c.effect);
    json.member("source", c.source).member("measurement", c.measurement).end_object();
  }
  json.end_array().end_object();
}

void write_causes(JsonWriter& json, const std::optional<std::vector<study::Cause>>& causes) {
  json.key("causes");
  if (!causes) {
    json.null();
    return;
  }
  json.begin_array();
  for (const study::Cause& c : *causes) {
    json.begin_object().member("name", c.name).member("how", c.how);
    number(json, "share_s", c.share.base());
    json.end_object();
  }
  json.end_array();
}

void write_published(JsonWriter& json, const std::vector<study::Comparison>& comparisons) {
  json.key("published").begin_array();
  for (const study::Comparison& c : comparisons) {
    json.begin_object().member("stage", c.figure.stage).member("metric", c.figure.metric);
    if (c.predicted)
      number(json, "predicted", *c.predicted);
    else
      json.key("predicted").null();
    number(json, "published", c.figure.value);
    if (c.predicted)
      number(json, "error", c.error);
    else
      json.key("error").null();
    json.member("source", c.figure.from.source).end_object();
  }
  json.end_array();
}

void write_outcome(JsonWriter& json, const study::Outcome& o) {
  json.begin_object().member("scenario", o.scenario).member("file", o.file).member("version", version());
  json.member("scenario_hash", fmt::format("{:016x}", o.hash)).member("seed", o.seed).member("gpus", o.gpus);
  json.member("feasible", o.infeasible.empty());
  write_texts(json, "infeasible", o.infeasible);
  if (o.infeasible.empty()) {
    const study::Total total = o.total.value_or(study::Total{});
    json.key("total").begin_object();
    number(json, "gpu_hours", total.gpu_hours);
    number(json, "cost_usd", total.cost.base());
    number(json, "days", total.duration.base() / 86400);
    json.end_object().key("stages").begin_array();
    for (const StageOutcome& s : o.stages) write_stage(json, s);
    json.end_array();
    write_interval(json, o.interval);
    write_causes(json, o.causes);
    if (!o.unfolded.empty()) write_unfolded(json, o.unfolded);
    write_published(json, o.comparisons);
    json.member("simulated_events", o.events);
  }
  json.end_object();
}

}  // namespace

std::string to_json(const study::Outcome& outcome) {
  JsonWriter json;
  write_outcome(json, outcome);
  return json.take();
}

std::string to_json(const std::vector<std::string>& names, const std::vector<study::Outcome>& outcomes) {
  JsonWriter json;
  json.begin_array();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    json.begin_object().member("variant", names[i]).key("outcome");
    write_outcome(json, outcomes[i]);
    json.end_object();
  }
  return json.end_array().take();
}

}  // namespace foretrain::report
