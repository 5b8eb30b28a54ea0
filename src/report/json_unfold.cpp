// The unfolded steps of an outcome, for machines.

#include "report/json_outcome.hpp"
#include "report/rows.hpp"
#include "report/text_sections.hpp"

namespace foretrain::report {

void write_unfolded(JsonWriter& json, const std::vector<study::UnfoldOutcome>& all) {
  json.key("unfolded").begin_array();
  for (const auto& u : all) {
    json.begin_object().member("stage", u.stage).member("folded_step_time_s", u.folded.base());
    if (!u.why_not.empty()) {
      json.member("infeasible", u.why_not).end_object();
      continue;
    }
    const auto& r = u.result;
    json.member("step_time_s", r.step_time.base()).member("difference", r.step_time / u.folded - 1);
    json.member("gpus", r.gpus).member("simulated_gpus", r.simulated).member("simulated_events", r.events);
    json.key("breakdown_s").begin_object();
    for (const Row& row : step_rows) json.member(row.name, (r.mean.*row.seconds).base());
    json.member(exposed_row.name, r.mean.exposed_communication.base()).end_object();
    json.key("critical_path_s").begin_object();
    for (const PathRow& row : path_rows(u)) json.member(row.name, row.time.base());
    json.end_object().key("critical_path_by_rank_s").begin_array();
    for (const auto time : u.path.by_rank) json.value(sim::to_seconds(time).base());
    json.end_array().member("critical_path_barriers", u.path.barriers);
    json.member("critical_path_messages", u.path.messages).member("last_gpu", u.last_gpu).end_object();
  }
  json.end_array();
}

}  // namespace foretrain::report
