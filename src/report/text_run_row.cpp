#include <fmt/format.h>

#include <algorithm>

#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/text_runs.hpp"

namespace foretrain::report {
namespace {

const plan::MemoryReport& fullest(const study::StepPrediction& p) {
  return *std::max_element(p.memory.begin(), p.memory.end(),
                           [](const auto& a, const auto& b) { return a.total < b.total; });
}

std::string prediction_section(const study::StepPrediction& p) {
  Table table{{left("part of the step"), right("mean over ranks")}, {}};
  const auto add = [&](const char* name,
                       Seconds time) {  // rounding may leave a trace of time where there is none
    table.add({name, time_text(time.base() < 1e-9 ? seconds(0) : time)});
  };
  add("forward", p.step.mean.forward);
  add("backward (input)", p.step.mean.backward);
  add("backward (weights)", p.step.mean.weight);
  add("forward beside backward", p.step.mean.overlapped);
  add("bubble", p.step.mean.bubble);
  add("gradients and optimizer", p.step.mean.optimizer);
  table.add_rule();
  add("step", p.step.step_time);
  add("of it, communication not hidden", p.step.mean.exposed_communication);
  if (p.memory.empty()) return to_text(table);
  const plan::MemoryReport& rank = fullest(p);
  Table memory{{left("memory of the fullest rank"), right("GiB"), left("how")}, {}};
  for (const auto& term : rank.terms) memory.add({term.name, gib_text(term.bytes), term.how});
  memory.add_rule();
  memory.add({"sum", gib_text(rank.total), fmt::format("of {}", memory_text(rank.limit))});
  return to_text(table) + "\n" + to_text(memory);
}

}  // namespace

std::string to_text(const study::RunDetail& detail) {
  const auto& row = detail.check;
  std::string text =
      wrap(fmt::format("{} of {}: {} on {} GPUs, {}", row.id, row.set, row.model, row.gpus, row.layout), "");
  Table outcome{{left(""), left("")}, {}};
  if (row.measured_s)
    outcome.add({"measured", fmt::format("{} s, from {}", significant(*row.measured_s), row.measured_from)});
  if (row.predicted_s) outcome.add({"predicted", fmt::format("{} s", significant(*row.predicted_s))});
  if (row.error) outcome.add({"error", error_text(*row.error)});
  if (row.predicted_gpu_hours)
    outcome.add({"predicted, whole run", gpu_hours_text(*row.predicted_gpu_hours) + " GPU-hours"});
  if (row.measured_gpu_hours)
    outcome.add({"published, whole run", gpu_hours_text(*row.measured_gpu_hours) + " GPU-hours"});
  if (row.measured_peak_gib)
    outcome.add({"measured peak", fmt::format("{} GiB", fixed(*row.measured_peak_gib, 2))});
  if (!row.reason.empty()) outcome.add({std::string(name_of(row.verdict)), row.reason});
  text += to_text(outcome) + "\n";
  Table settings{{left("setting"), left("value"), left("from"), left("")}, {}};
  constexpr std::size_t wide = 24;  // a longer value stands in the last column, which may wrap
  for (const auto& s : detail.settings) {
    if (s.value.size() <= wide)
      settings.add({s.key, s.value, s.origin, s.source});
    else
      settings.add({s.key, "", s.origin, fmt::format("{} ({})", s.value, s.source)});
  }
  if (!settings.rows.empty()) text += to_text(settings) + "\n";
  return detail.prediction ? text + prediction_section(*detail.prediction) : text;
}

}  // namespace foretrain::report
