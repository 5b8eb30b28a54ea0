#include "report/json.hpp"
#include "report/text_validate.hpp"

namespace foretrain::report {
namespace {

using study::Estimate;

void write(JsonWriter& json, std::string_view name, const std::optional<Estimate>& e) {
  json.key(name);
  if (!e) {
    json.null();
    return;
  }
  json.begin_object().member("predicted_s", e->predicted.base()).member("measured_s", e->measured.base());
  json.key("error");
  if (const auto error = e->error())
    json.value(*error);
  else
    json.null();
  json.end_object();
}

void write_rounds(JsonWriter& json, const std::vector<int>& rounds) {
  json.key("fitted_on_rounds").begin_array();
  for (const int r : rounds) json.value(r);
  json.end_array();
}

void write_names(JsonWriter& json, std::string_view key, const std::vector<std::string>& names) {
  json.key(key).begin_array();
  for (const auto& n : names) json.value(n);
  json.end_array();
}

void write_classes(JsonWriter& json, const study::TraceCheck& check) {
  json.key("classes").begin_array();
  for (const auto& c : check.classes) {
    json.begin_object().member("name", c.name).member("judged", c.judged).member("share_of_compute", c.share);
    json.member("kernel_durations_s", c.durations.base());
    write_rounds(json, c.fitted_on);
    write(json, "all_rounds", c.all);
    write(json, "held_out_rounds", c.held_out);
    json.member("source_without_trace", name_of(c.source));
    write(json, "without_trace", c.without);
    json.key("within_aim");
    if (c.aimed_at())
      json.value(c.without->within(study::class_aim));
    else
      json.null();
    json.end_object();
  }
  json.end_array();
}

void write_exchanges(JsonWriter& json, const study::TraceCheck& check) {
  json.key("exchanges").begin_array();
  for (const auto& e : check.exchanges) {
    json.begin_object().member("name", e.name);
    write_rounds(json, e.fitted_on);
    write(json, "beside_compute", e.beside);
    write(json, "held_out_rounds", e.held_out);
    write(json, "alone", e.alone);
    json.member("within_aim", e.alone.within(study::class_aim)).end_object();
  }
  json.end_array();
}

void write_pairs(JsonWriter& json, const study::TraceCheck& check) {
  json.key("pairs").begin_array();
  for (const auto& p : check.pairs) {
    json.begin_object().member("name", p.name);
    write(json, "wall", p.wall);
    json.key("within_aim");
    if (p.judged)
      json.value(p.wall.within(study::pair_aim));
    else
      json.null();
    json.member("compute_s", p.compute.base());
    json.member("with_peers_mean_s", p.peers_mean.base())
        .member("with_peers_deviation_s", p.peers_deviation.base());
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string to_json(const study::TraceCheck& check, const spec::Scenario& scenario) {
  JsonWriter json;
  json.begin_object().member("scenario", scenario.name).member("gpu", scenario.gpu.name);
  const auto doubtful = doubtful_curves(scenario.gpu);
  json.member("synthetic_curves", doubtful.synthetic).member("unverified_curves", doubtful.unverified);
  json.member("rounds", check.rounds).member("tokens_per_gpu", check.tokens);
  json.member("class_aim", study::class_aim).member("pair_aim", study::pair_aim);
  write_classes(json, check);
  write(json, "all_compute", check.compute);
  write(json, "compute_measured_elsewhere", check.compute_measured);
  write(json, "compute_bounded", check.compute_bound);
  json.member("share_not_measured_elsewhere", check.fitted_share);
  json.key("blocks").begin_array();
  for (const auto& b : check.blocks) {
    json.begin_object().member("name", b.name);
    write(json, "all_rounds", b.all);
    json.end_object();
  }
  json.end_array();
  write_exchanges(json, check);
  json.member("notify_measured_s", check.notify.base()).member("barriers_predicted_s", check.barriers.base());
  write_pairs(json, check);
  write_names(json, "ops_only_measured", check.only_measured);
  write_names(json, "ops_only_listed", check.only_listed);
  return json.end_object().take();
}

}  // namespace foretrain::report
