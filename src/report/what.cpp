#include "report/what.hpp"

#include <fmt/core.h>

#include <cmath>

#include "report/json.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/version.hpp"
#include "report/what_traffic.hpp"

namespace foretrain::report {

namespace {

// "+0.213": a cost is positive, a gain negative.
std::string signed_text(Seconds time) {
  const double s = std::abs(time.base()) < 0.0005 ? 0.0 : time.base();
  return (s > 0 ? "+" : "") + fixed(s, 3);
}

void add_cells(std::vector<std::string>& cells, const std::optional<Seconds>& with, Seconds without) {
  if (with)
    cells.insert(cells.end(),
                 {fixed(with->base(), 3), signed_text(*with - without), error_text(*with / without - 1)});
  else
    cells.insert(cells.end(), 3, "-");
}

// Why there is no step, once for neighbours with one reason.
std::string reasons_text(const std::vector<study::WhatRow>& rows) {
  std::string text, names;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].why_not.empty()) continue;
    names += (names.empty() ? "" : "; ") + rows[i].change;
    if (i + 1 < rows.size() && rows[i + 1].why_not == rows[i].why_not) continue;
    text += wrap(names + ": " + rows[i].why_not, "  ");
    names.clear();
  }
  return text;
}

void write_row(JsonWriter& json, const study::WhatOutcome& answer, const study::WhatRow& row) {
  json.begin_object().member("change", row.change);
  if (!row.why_not.empty()) json.member("infeasible", row.why_not);
  if (row.step) {
    json.member("step_time_s", row.step->base()).member("cost_s", (*row.step - answer.base).base());
    json.member("relative_cost", *row.step / answer.base - 1);
  }
  if (row.equal) {
    json.member("equal_gpus_step_time_s", row.equal->base());
    json.member("equal_gpus_cost_s", (*row.equal - answer.base_equal).base());
    json.member("equal_gpus_relative_cost", *row.equal / answer.base_equal - 1);
  }
  write_traffic(json, row);
  json.end_object();
}

}  // namespace

std::string to_text(const study::WhatOutcome& answer, const spec::Scenario& scenario) {
  if (!answer.why_not.empty())
    return fmt::format("{} cannot be asked about {}:\n", scenario.name, answer.question) +
           wrap(answer.stage + ": " + answer.why_not, "  - ");
  bool equal = false, draws = false;
  for (const auto& row : answer.rows) {
    equal = equal || row.equal.has_value();
    draws = draws || row.steps.size() > 1;
  }
  Table table{{left("change"), right("step, s"), right("costs, s"), right("")}, {}};
  if (equal)
    for (const char* title : {"equal GPUs: s", "costs, s", ""}) table.columns.push_back(right(title));
  if (draws) table.columns.push_back(right("draws, s"));
  std::vector<std::string> first{"unchanged", fixed(answer.base.base(), 3), "", ""};
  if (equal) first.push_back(fixed(answer.base_equal.base(), 3));
  table.add(std::move(first));
  for (const auto& row : answer.rows) {
    std::vector<std::string> cells{row.change};
    add_cells(cells, row.step, answer.base);
    if (equal) add_cells(cells, row.equal, answer.base_equal);
    if (draws) cells.push_back(range_of_draws(row));
    table.add(std::move(cells));
  }
  std::string text =
      fmt::format("{}, stage {} ({})\n  made by   foretrain {}, seed {}, scenario hash {:016x}\n\n",
                  scenario.name, answer.stage, scenario.file, version(), scenario.seed, scenario.hash);
  text += answer.title + "\n" + to_text(table) + reasons_text(answer.rows);
  text +=
      wrap(fmt::format("Each row is the step with one thing changed and every draw kept, with every GPU by "
                       "itself; the folded step of `run` is {} s.{}",
                       fixed(answer.folded.base(), 3),
                       equal ? " Equal GPUs: without spread of chips, jitter and uneven routing." : ""),
           "  ");
  for (const auto& note : answer.notes) text += wrap(note, "  ");
  text += traffic_text(answer, scenario.model.moe.experts > 0);
  return text;
}

std::string to_json(const study::WhatOutcome& answer, const spec::Scenario& scenario) {
  JsonWriter json;
  json.begin_object().member("scenario", scenario.name).member("version", version());
  json.member("scenario_hash", fmt::format("{:016x}", scenario.hash)).member("seed", scenario.seed);
  json.member("question", answer.question).member("stage", answer.stage);
  json.member("feasible", answer.why_not.empty());
  if (!answer.why_not.empty()) {
    json.member("infeasible", answer.why_not);
  } else {
    json.member("folded_step_time_s", answer.folded.base()).member("step_time_s", answer.base.base());
    json.member("equal_gpus_step_time_s", answer.base_equal.base()).key("rows").begin_array();
    for (const auto& row : answer.rows) write_row(json, answer, row);
    json.end_array();
  }
  json.end_object();
  return json.take();
}

}  // namespace foretrain::report
