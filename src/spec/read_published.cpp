#include <fmt/core.h>

#include <algorithm>

#include "spec/read.hpp"

namespace foretrain::spec {
namespace {

// What a report can put a published figure beside; the unit is the name's last word, as in the report.
const std::vector<std::string>& known_metrics() {
  static const std::vector<std::string> names{"step_time_s",
                                              "steps",
                                              "days",
                                              "tokens",
                                              "gpu_hours",
                                              "cost_usd",
                                              "tokens_per_day",
                                              "tflops_causal",
                                              "tflops_noncausal",
                                              "mfu_causal",
                                              "mfu_noncausal",
                                              "breakdown.forward_s",
                                              "breakdown.backward_s",
                                              "breakdown.weight_s",
                                              "breakdown.overlapped_s",
                                              "breakdown.bubble_s",
                                              "breakdown.optimizer_s",
                                              "breakdown.exposed_communication_s"};
  return names;
}

// "a + b" names a figure for two stages together; returned as "a+b".
std::string read_stage_names(Reader& reader, const Entry& entry, const std::string& text,
                             const std::vector<std::string>& stages) {
  std::string joined;
  std::size_t from = 0;
  while (from <= text.size()) {
    const auto plus = std::min(text.find(" + ", from), text.size());
    const auto name = text.substr(from, plus - from);
    if (std::find(stages.begin(), stages.end(), name) == stages.end())
      reader.context().error(entry.value.where, fmt::format("no stage is named {}", in_quotes(name)),
                             suggest(name, stages));
    joined += (joined.empty() ? "" : "+") + name;
    from = plus + 3;
  }
  return joined;
}

PublishedFigure read_figure(Reader& reader, const std::vector<std::string>& stages) {
  PublishedFigure figure;
  if (const auto* entry = reader.optional("stage"); entry != nullptr) {
    const auto* names = reader.scalar_of(entry->value, "the name of a stage");
    if (names != nullptr) figure.stage = read_stage_names(reader, *entry, *names, stages);
  }
  figure.metric = known_metrics()[reader.choice("metric", known_metrics(),
                                                "what the figure measures, as in step_time_s")];
  figure.value = reader.number("value", "the published number, in the unit that the metric's name ends with");
  figure.from.source = reader.text("source", "who published it");
  figure.from.where = reader.context().origin(reader.where());
  reader.finish();
  return figure;
}

}  // namespace

std::vector<PublishedFigure> read_published(Context& context, const Entry* published,
                                            const std::vector<StageSpec>& stages) {
  std::vector<PublishedFigure> figures;
  if (published == nullptr) return figures;
  if (published->value.kind != Node::Kind::sequence) {
    context.error(published->where, "published must be a list of figures",
                  "- {stage: pre-training, metric: step_time_s, value: 19.926, source: ...}");
    return figures;
  }
  std::vector<std::string> names;
  for (const auto& stage : stages) names.push_back(stage.name);
  for (std::size_t i = 0; i < published->value.items.size(); ++i) {
    const auto& item = published->value.items[i];
    Reader reader(context, item, fmt::format("published.{}", i), item.where);
    figures.push_back(read_figure(reader, names));
  }
  return figures;
}

}  // namespace foretrain::spec
