#include "study/published.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace foretrain::study {
namespace {

struct StageMetric {
  std::string_view name;
  double (*get)(const StageOutcome&);
};

constexpr std::array stage_metrics{
    StageMetric{"tokens", [](const StageOutcome& s) { return s.tokens; }},
    StageMetric{"steps", [](const StageOutcome& s) { return s.steps; }},
    StageMetric{"step_time_s", [](const StageOutcome& s) { return s.step.step_time.base(); }},
    StageMetric{"days", [](const StageOutcome& s) { return s.duration.base() / 86400; }},
    StageMetric{"gpu_hours", [](const StageOutcome& s) { return s.gpu_hours; }},
    StageMetric{"cost_usd", [](const StageOutcome& s) { return s.cost.base(); }},
    StageMetric{"tflops_causal", [](const StageOutcome& s) { return s.tflops_causal; }},
    StageMetric{"tflops_noncausal", [](const StageOutcome& s) { return s.tflops_noncausal; }},
    StageMetric{"mfu_causal", [](const StageOutcome& s) { return s.mfu_causal; }},
    StageMetric{"mfu_noncausal", [](const StageOutcome& s) { return s.mfu_noncausal; }},
    StageMetric{"tokens_per_day", [](const StageOutcome& s) { return s.tokens_per_day; }},
    StageMetric{"gpu_hours_per_trillion_tokens",
                [](const StageOutcome& s) { return s.gpu_hours / s.tokens * 1e12; }},
    StageMetric{"breakdown.forward_s", [](const StageOutcome& s) { return s.step.mean.forward.base(); }},
    StageMetric{"breakdown.backward_s", [](const StageOutcome& s) { return s.step.mean.backward.base(); }},
    StageMetric{"breakdown.weight_s", [](const StageOutcome& s) { return s.step.mean.weight.base(); }},
    StageMetric{"breakdown.overlapped_s",
                [](const StageOutcome& s) { return s.step.mean.overlapped.base(); }},
    StageMetric{"breakdown.bubble_s", [](const StageOutcome& s) { return s.step.mean.bubble.base(); }},
    StageMetric{"breakdown.optimizer_s", [](const StageOutcome& s) { return s.step.mean.optimizer.base(); }},
};

struct TotalMetric {
  std::string_view name;
  double (*get)(const Total&);
};

constexpr std::array total_metrics{
    TotalMetric{"gpu_hours", [](const Total& t) { return t.gpu_hours; }},
    TotalMetric{"cost_usd", [](const Total& t) { return t.cost.base(); }},
    TotalMetric{"days", [](const Total& t) { return t.duration.base() / 86400; }},
};

bool is_additive(const std::string& metric) {
  return metric == "gpu_hours" || metric == "cost_usd" || metric == "days" || metric == "tokens" ||
         metric == "steps";
}

}  // namespace

std::optional<double> metric_of(const Outcome& outcome, const std::string& stage, const std::string& metric) {
  if (const auto plus = stage.find('+'); plus != std::string::npos) {
    const auto first = metric_of(outcome, stage.substr(0, plus), metric);
    const auto rest = metric_of(outcome, stage.substr(plus + 1), metric);
    if (!first || !rest || !is_additive(metric)) return std::nullopt;
    return *first + *rest;
  }
  if (stage.empty()) {
    for (const auto& m : total_metrics)
      if (m.name == metric && outcome.total) return m.get(*outcome.total);
    return std::nullopt;
  }
  const auto found = std::find_if(outcome.stages.begin(), outcome.stages.end(),
                                  [&](const StageOutcome& s) { return s.name == stage; });
  if (found == outcome.stages.end()) return std::nullopt;
  for (const auto& m : stage_metrics)
    if (m.name == metric) return m.get(*found);
  return std::nullopt;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const auto& m : stage_metrics) names.emplace_back(m.name);
  for (const auto& m : total_metrics)
    if (std::find(names.begin(), names.end(), m.name) == names.end()) names.emplace_back(m.name);
  return names;
}

std::vector<Comparison> compare(const Outcome& outcome, const std::vector<spec::PublishedFigure>& figures) {
  std::vector<Comparison> rows;
  for (const auto& figure : figures) {
    Comparison row{figure, metric_of(outcome, figure.stage, figure.metric), 0};
    if (row.predicted && figure.value != 0) row.error = *row.predicted / figure.value - 1;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace foretrain::study
