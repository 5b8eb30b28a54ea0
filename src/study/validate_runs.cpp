#include "study/validate_runs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "spec/plan_values.hpp"
#include "study/parallel.hpp"
#include "study/run_lookup.hpp"
#include "study/run_measured.hpp"
#include "study/run_scenario.hpp"

namespace foretrain::study {
namespace {

constexpr double seconds_per_hour = 3600;

double tokens_of_step(const spec::StageSpec& stage) {
  return static_cast<double>(stage.sequence) * static_cast<double>(stage.batch.to);
}

// A whole run: tokens over the tokens of a step, each step as predicted.
void add_campaign(const spec::RunRow& row, const spec::Scenario& scenario, RunCheck& check) {
  check.measured_gpu_hours = row.fields.number("gpu_hours");
  const auto tokens = row.fields.number("tokens_T");
  if (!tokens) {
    check.reason = "the tokens of the run are not printed";
    return;
  }
  const double steps = *tokens * 1e12 / tokens_of_step(scenario.stages.front());
  check.predicted_gpu_hours =
      steps * check.predicted_s.value_or(0) * static_cast<double>(check.gpus) / seconds_per_hour;
  check.verdict = Verdict::campaign;
  if (check.measured_gpu_hours)
    check.campaign_error = *check.predicted_gpu_hours / *check.measured_gpu_hours - 1;
  else
    check.reason = "no GPU-hours are printed";
}

// Precondition: a step was predicted, so that there are ranks.
const plan::MemoryReport& fullest(const StepPrediction& prediction) {
  return *std::max_element(prediction.memory.begin(), prediction.memory.end(),
                           [](const auto& a, const auto& b) { return a.total < b.total; });
}

// "98.3 GiB of 80.0; largest: activations 51.0".
std::string too_large(const plan::MemoryReport& report) {
  const auto largest = std::max_element(report.terms.begin(), report.terms.end(),
                                        [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  return fmt::format("{:.1f} GiB of {:.1f}; largest: {} {:.1f}", report.total / one_gib,
                     report.limit / one_gib, largest->name, largest->bytes / one_gib);
}

void judge(const spec::RunRow& row, const spec::RunSet& set, const RunScenario& built,
           const StepPrediction& prediction, RunCheck& check) {
  const auto& scenario = built.scenario;
  check.measured_peak_gib = row.fields.number("peak_gib");
  check.predicted_peak_gib = fullest(prediction).total / one_gib;
  const auto measured = measured_step(row, set.figure, scenario);
  if (measured) {
    check.measured_s = measured->time.base();
    check.measured_from = measured->from;
  }
  if (!prediction.does_not_fit.empty()) {
    check.verdict = Verdict::too_large;
    check.reason = too_large(fullest(prediction));
    return;
  }
  check.predicted_s = prediction.step.step_time.base();
  if (row.fields.text("kind") == "campaign") return add_campaign(row, scenario, check);
  if (!measured) {
    check.verdict = Verdict::not_measured;
    check.reason = "the row has no figure of a step";
    return;
  }
  check.verdict = Verdict::compared;
  check.error = *check.predicted_s / *check.measured_s - 1;
}

RunCheck introduce(const spec::RunRow& row, const spec::RunSet& set) {
  RunCheck check;
  RunLookup said(row, set, nullptr);
  check.id = row.id;
  check.set = row.set;
  check.model = row.fields.text("model");
  check.gpu = said.word("gpu").value_or("");
  check.precision = said.word("precision").value_or("");
  check.repro = said.word("repro").value_or("");
  check.gpus = row.fields.count("gpus").value_or(0);
  check.layout = "-";
  if (const auto measured = printed_step(row)) {
    check.measured_s = measured->time.base();
    check.measured_from = measured->from;
  }
  return check;
}

void summarise(const spec::PublishedRuns& runs, RunsCheck& result) {
  std::vector<double> all;
  for (const auto& set : runs.sets) {
    SetCheck summary;
    summary.id = set.id;
    summary.title = set.title;
    std::vector<double> errors, first, second;
    for (const RunCheck& check : result.rows) {
      if (check.set != set.id) continue;
      ++summary.rows;
      const bool expressed = check.verdict != Verdict::inexpressible;
      if (check.repro == "full") ++summary.full, summary.full_expressed += expressed ? 1 : 0;
      summary.inexpressible += expressed ? 0 : 1;
      summary.too_large += check.verdict == Verdict::too_large ? 1 : 0;
      if (!check.error) continue;
      errors.push_back(*check.error);
      (in_second_half(check.id) ? second : first).push_back(*check.error);
    }
    if (summary.rows == 0) continue;
    summary.all = statistics_of(errors);
    summary.first_half = statistics_of(first);
    summary.second_half = statistics_of(second);
    all.insert(all.end(), errors.begin(), errors.end());
    result.full += summary.full;
    result.full_expressed += summary.full_expressed;
    result.sets.push_back(std::move(summary));
  }
  result.all = statistics_of(all);
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::compared:
      return "compared";
    case Verdict::too_large:
      return "predicted not to fit";
    case Verdict::campaign:
      return "campaign";
    case Verdict::not_measured:
      return "not measured";
    case Verdict::inexpressible:
      return "not expressed";
  }
  return "";
}

RunDetail look_at_run(const spec::PublishedRuns& runs, const spec::RunRow& row, const RunLibrary& library,
                      const std::string& software) {
  RunDetail detail;
  detail.check = introduce(row, runs.set_of(row));
  auto built = scenario_of_run(runs, row, library, software);
  if (!built) {
    detail.check.reason = built.error();
    return detail;
  }
  const auto& scenario = built->scenario;
  detail.settings = built->settings;
  detail.check.model = scenario.model.name;
  detail.check.layout = short_layout(scenario.plan);
  detail.check.gemms = spec::precision_names()[static_cast<std::size_t>(scenario.plan.precision)];
  detail.check.tensor = scenario.plan.tensor;
  detail.check.pipeline = scenario.plan.pipeline;
  detail.check.gpus = scenario.cluster.gpus;
  detail.check.parameters = model::count_parameters(scenario.model).total;
  auto prediction = predict_step(scenario, scenario.stages.front());
  if (!prediction.infeasible.empty()) {
    detail.check.reason = prediction.infeasible;
    return detail;
  }
  judge(row, runs.set_of(row), *built, prediction, detail.check);
  detail.prediction = std::move(prediction);
  return detail;
}

RunsCheck validate_runs(const spec::PublishedRuns& runs, const RunLibrary& library,
                        const RunsOptions& options) {
  std::vector<const spec::RunRow*> chosen;
  for (const auto& row : runs.rows)
    if (options.only.empty() || row.set == options.only) chosen.push_back(&row);
  RunsCheck result;
  result.software = options.software;
  result.rows.resize(chosen.size());
  for_each_of(chosen.size(), options.threads, [&](std::size_t i) {
    result.rows[i] = look_at_run(runs, *chosen[i], library, options.software).check;
  });
  summarise(runs, result);
  result.by = options.by;
  result.parts = parts_of(result.rows, runs, options.by);
  return result;
}

}  // namespace foretrain::study
