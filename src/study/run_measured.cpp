#include "study/run_measured.hpp"

#include "base/check.hpp"

namespace foretrain::study {

Flops counted_flops(const spec::FigureDefinition& figure, const model::TransformerSpec& model,
                    std::int64_t sequence, std::int64_t batch, double again) {
  const double tokens = static_cast<double>(sequence) * static_cast<double>(batch);
  const Flops token = model::model_flops_per_token(model, sequence, figure.causal);
  if (!figure.recomputed) return token * tokens;
  const double head = 2 * static_cast<double>(model.hidden) * static_cast<double>(model.vocabulary);
  const Flops forward_of_layers = token / 3.0 - flops(head);
  return (token + forward_of_layers * again) * tokens;
}

namespace {

// Of the layers, those that are recomputed whole; all of them unless the plan names some.
double share_again(const plan::PlanSpec& plan) {
  if (plan.recompute.full_layers == 0) return 1;
  double layers = 0, again = 0;
  for (const auto& stage : plan.stages)
    for (const auto unit : stage) {
      layers += model::is_layer(unit) ? 1 : 0;
      again += unit != model::plain(unit) ? 1 : 0;
    }
  return layers > 0 ? again / layers : 1;
}

}  // namespace

std::optional<MeasuredStep> printed_step(const spec::RunRow& row) {
  for (const char* key : {"step_time_s", "step_time_s_derived"})
    if (const auto value = row.fields.number(key)) return MeasuredStep{seconds(*value), key};
  if (const auto value = row.fields.number("step_time_ms"))
    return MeasuredStep{seconds(*value * 1e-3), "step_time_ms"};
  return std::nullopt;
}

std::optional<MeasuredStep> measured_step(const spec::RunRow& row, const spec::FigureDefinition& figure,
                                          const spec::Scenario& scenario) {
  if (auto printed = printed_step(row)) return printed;
  check(!scenario.stages.empty(), "a run's scenario has a stage");
  const auto& stage = scenario.stages.front();
  const double tokens = static_cast<double>(stage.sequence) * static_cast<double>(stage.batch.to);
  const double gpus = static_cast<double>(scenario.cluster.gpus);
  if (const auto rate = row.fields.number("tokens_per_s"))
    return MeasuredStep{seconds(tokens / *rate), "tokens_per_s"};
  if (const auto rate = row.fields.number("tokens_per_s_per_gpu"))
    return MeasuredStep{seconds(tokens / (*rate * gpus)), "tokens_per_s_per_gpu"};
  const double work =
      counted_flops(figure, scenario.model, stage.sequence, stage.batch.to, share_again(stage.plan)).base();
  if (const auto rate = row.fields.number("tflops_per_gpu"))
    return MeasuredStep{seconds(work / (*rate * 1e12 * gpus)), "tflops_per_gpu"};
  const double peak = scenario.gpu.peak_bf16.value.base();
  if (const auto share = row.fields.number("mfu_pct"))
    return MeasuredStep{seconds(work / (*share / 100 * peak * gpus)), "mfu_pct"};
  return std::nullopt;
}

}  // namespace foretrain::study
