#include "report/json.hpp"
#include "report/measured_on.hpp"
#include "report/text_calibrate.hpp"

namespace foretrain::report {
namespace {

using calibrate::Assessment;
using calibrate::Calibration;
using calibrate::KernelCheck;

void write_errors(JsonWriter& json, const char* name, const std::optional<Assessment>& errors) {
  json.key(name);
  if (!errors) {
    json.null();
    return;
  }
  json.begin_object().member("points", errors->points).member("median", errors->median);
  json.member("p90", errors->p90).member("bias", errors->bias).end_object();
}

void write_launch(JsonWriter& json, const Calibration& calibration) {
  json.key("launch");
  if (!calibration.launch) {
    json.null();
    return;
  }
  const auto& fit = *calibration.launch;
  json.begin_object().member("queued_s", fit.queued.base()).member("graph_s", fit.graph.base());
  json.member("host_s", fit.host.base()).member("kept", fit.gap.has_value());
  json.member("reason", fit.reason).end_object();
}

void write_collectives(JsonWriter& json, const Calibration& calibration) {
  json.key("collectives");
  if (!calibration.collectives) {
    json.null();
    return;
  }
  const auto& fit = *calibration.collectives;
  json.begin_object().member("points", fit.points).member("fitted_on", fit.fitted_on);
  json.member("kept", fit.rates.has_value()).member("worse", fit.worse).member("reason", fit.reason);
  write_errors(json, "held_out", fit.held_out);
  write_errors(json, "base_table", fit.base);
  json.key("rows").begin_array();
  for (const auto& row : fit.rows) {
    json.begin_object().member("collective", row.kernel).member("gpus", row.ranks);
    json.member("points", row.points).member("held_out", row.held_out);
    json.member("median", row.median).member("base_median", row.base).end_object();
  }
  json.end_array().end_object();
}

void write_transfers(JsonWriter& json, const Calibration& calibration) {
  json.key("transfers").begin_array();
  for (const auto& fit : calibration.transfers) {
    json.begin_object().member("kernel", fit.kernel).member("points", fit.points);
    json.member("fitted_on", fit.fitted_on).member("bytes_per_s", fit.rate.base());
    json.member("fixed_s", fit.latency.base()).member("kept", fit.reason.empty());
    json.member("reason", fit.reason);
    write_errors(json, "held_out", fit.held_out);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string to_json(const Calibration& calibration, const std::vector<std::string>& written,
                    const std::string& onto) {
  JsonWriter json;
  json.begin_object();
  write_device(json, calibration.results);
  json.member("base", calibration.base.name).member("onto", onto);
  json.key("families").begin_array();
  for (const auto& fit : calibration.families) {
    json.begin_object().member("family", name_of(fit.family)).member("points", fit.points);
    json.member("fitted_on", fit.fitted_on).member("curve", fit.form);
    json.member("noise", fit.noise).member("worse", fit.worse);
    json.member("kept", fit.curve.has_value()).member("reason", fit.reason);
    write_errors(json, "held_out", fit.held_out);
    write_errors(json, "base_curve", fit.base);
    json.end_object();
  }
  json.end_array().key("interference").begin_array();
  for (const auto& row : calibration.interference) {
    json.begin_object().member("family", name_of(row.family)).member("sms_taken", row.sms_taken);
    json.member("hbm_taken", row.hbm_taken).member("points", row.points);
    json.member("measured_slow_down", row.measured).member("predicted_slow_down", row.predicted);
    json.member("median_error", row.error).end_object();
  }
  json.end_array().key("not_fitted").begin_object();
  json.member("hot", calibration.unused.hot).member("several_ranks", calibration.unused.ranks);
  json.member("no_family", calibration.unused.no_family).member("traced", calibration.unused.traced);
  json.member("layer", calibration.unused.layer);
  json.end_object();
  write_launch(json, calibration);
  write_collectives(json, calibration);
  write_transfers(json, calibration);
  json.key("written").begin_array();
  for (const auto& path : written) json.value(path);
  json.end_array().end_object();
  return json.take();
}

std::string to_json(const KernelCheck& check) {
  JsonWriter json;
  json.begin_object();
  write_device(json, check.results);
  json.member("gpu", check.gpu.name);
  json.key("families").begin_array();
  for (const auto& family : check.families) {
    json.begin_object().member("family", name_of(family.family)).member("beside", family.beside);
    write_errors(json, "errors", family.errors);
    json.end_object();
  }
  json.end_array().key("no_curve").begin_array();
  for (const Family family : check.no_curve) json.value(name_of(family));
  json.end_array().key("kernels").begin_array();
  for (const auto& kernel : check.kernels) {
    json.begin_object().member("kernel", kernel.point.kernel);
    json.member("family", name_of(*kernel.point.family)).member("file", kernel.point.file);
    json.member("line", kernel.point.line).member("measured_s", kernel.point.measured.time.base());
    json.member("predicted_s", kernel.predicted.base()).member("error", kernel.error()).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace foretrain::report
