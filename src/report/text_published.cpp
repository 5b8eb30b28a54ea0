// Every published figure beside its prediction.

#include <fmt/core.h>

#include <algorithm>

#include "report/numbers.hpp"
#include "report/rows.hpp"
#include "report/table.hpp"
#include "report/text_sections.hpp"

namespace foretrain::report {

namespace {

bool ends_with(const std::string& text, const std::string& tail) {
  return text.size() >= tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

// The unit is the last word of the metric's name.
std::string value_text(const std::string& metric, double value) {
  if (ends_with(metric, "_usd")) return dollars_text(dollars(value));
  if (ends_with(metric, "gpu_hours")) return gpu_hours_text(value);
  if (ends_with(metric, "_s")) return significant(value) + " s";
  if (metric.rfind("mfu", 0) == 0) return percent_text(value);
  if (metric == "tokens" || metric == "tokens_per_day") return count_text(value);
  return significant(value);
}

// The first stage's step and its rows are compared in their own table.
bool stands_above(const study::Outcome& outcome, const study::Comparison& c) {
  const bool is_row = c.figure.metric.rfind("breakdown.", 0) == 0 || c.figure.metric == "step_time_s";
  return is_row && !outcome.stages.empty() && c.figure.stage == outcome.stages.front().name;
}

}  // namespace

std::string published_section(const study::Outcome& outcome) {
  if (outcome.comparisons.empty()) return {};
  std::vector<std::string> sources;  // each once, cited by its number
  Table table{{left("stage"), left("metric"), right("predicted"), right("published"), right("error"),
               right("source")},
              {}};
  for (const study::Comparison& c : outcome.comparisons) {
    if (stands_above(outcome, c)) continue;
    const auto found = std::find(sources.begin(), sources.end(), c.figure.from.source);
    const auto number = found - sources.begin() + 1;
    if (found == sources.end()) sources.push_back(c.figure.from.source);
    const bool known = c.predicted.has_value();
    table.add({c.figure.stage.empty() ? "whole run" : c.figure.stage, c.figure.metric,
               known ? value_text(c.figure.metric, *c.predicted) : "not predicted",
               value_text(c.figure.metric, c.figure.value), known ? error_text(c.error) : "",
               fmt::format("[{}]", number)});
  }
  if (sources.empty()) return {};  // all of them stand above
  std::string text =
      "OTHER PUBLISHED FIGURES beside the prediction; they are targets, never inputs\n" + to_text(table);
  for (std::size_t i = 0; i < sources.size(); ++i) text += wrap(sources[i], fmt::format("  [{}] ", i + 1));
  return text;
}

}  // namespace foretrain::report
