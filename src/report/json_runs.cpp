#include <string_view>

#include "report/json.hpp"
#include "report/runs_tables.hpp"
#include "report/text_runs.hpp"

namespace foretrain::report {
namespace {

void write(JsonWriter& json, std::string_view name, const std::optional<double>& value) {
  json.key(name);
  if (value)
    json.value(*value);
  else
    json.null();
}

void write_text(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  if (text.empty())
    json.null();
  else
    json.value(text);
}

void write_errors(JsonWriter& json, std::string_view name, const study::ErrorStatistics& e) {
  json.key(name).begin_object().member("n", e.n);
  const auto share = [&](std::string_view key, double value) {
    write(json, key, e.n > 0 ? std::optional(value) : std::nullopt);
  };
  share("bias", e.bias);
  share("mean_abs", e.mean);
  share("median_abs", e.median);
  share("p90_abs", e.p90);
  share("max_abs", e.worst);
  json.end_object();
}

void write_row(JsonWriter& json, const study::RunCheck& row) {
  json.begin_object().member("id", row.id).member("set", row.set);
  write(json, "measured_s", row.measured_s);
  write(json, "predicted_s", row.predicted_s);
  write(json, "error", row.error);
  write_text(json, "reason", row.reason);
  json.member("verdict", name_of(row.verdict));
  write_text(json, "measured_from", row.measured_from);
  write_text(json, "model", row.model);
  write_text(json, "gpu", row.gpu);
  write_text(json, "precision", row.precision);
  write_text(json, "gemm_precision", row.gemms);
  json.member("gpus", row.gpus);
  json.member("layout", row.layout);
  write_text(json, "repro", row.repro);
  json.member("half", study::in_second_half(row.id) ? "B" : "A");
  write(json, "measured_peak_gib", row.measured_peak_gib);
  write(json, "predicted_peak_gib", row.predicted_peak_gib);
  write(json, "measured_gpu_hours", row.measured_gpu_hours);
  write(json, "predicted_gpu_hours", row.predicted_gpu_hours);
  json.end_object();
}

void write_part(JsonWriter& json, const study::RunPart& part, const std::vector<std::string>& keys) {
  json.begin_object().member("set", part.set).key("by").begin_object();
  for (std::size_t i = 0; i < keys.size(); ++i) json.member(keys[i], part.values[i]);
  json.end_object().member("rows", part.rows);
  write_errors(json, "error", part.errors);
  json.member("predicted_not_to_fit", part.too_large).member("not_expressed", part.inexpressible);
  json.end_object();
}

void write_set(JsonWriter& json, const study::SetCheck& set) {
  json.begin_object().member("id", set.id).member("title", set.title).member("rows", set.rows);
  json.member("n", set.all.n);
  write_errors(json, "error", set.all);
  write_errors(json, "half_a", set.first_half);
  write_errors(json, "half_b", set.second_half);
  json.member("predicted_not_to_fit", set.too_large).member("not_expressed", set.inexpressible);
  json.member("full", set.full).member("full_expressed", set.full_expressed);
  json.end_object();
}

}  // namespace

std::string to_json(const study::RunsCheck& check) {
  JsonWriter json;
  json.begin_object().key("rows").begin_array();
  for (const auto& row : check.rows) write_row(json, row);
  json.end_array().key("sets").begin_array();
  for (const auto& set : check.sets) write_set(json, set);
  json.end_array().key("parts").begin_array();
  for (const auto& part : check.parts) write_part(json, part, check.by);
  json.end_array();
  write_errors(json, "all", check.all);
  json.key("residuals").begin_array();
  for (const auto& row : residuals(check)) {
    json.begin_object().member("by", row.by).member("range", row.range);
    write_errors(json, "error", row.errors);
    json.end_object();
  }
  json.end_array();
  json.member("full", check.full).member("full_expressed", check.full_expressed);
  write_text(json, "software", check.software);
  json.end_object();
  return json.take();
}

}  // namespace foretrain::report
