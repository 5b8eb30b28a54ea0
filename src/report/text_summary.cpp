// Who, what and the answer: the first screen of the report.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/words.hpp"
#include "model/transformer.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "report/text_sections.hpp"
#include "report/version.hpp"

namespace foretrain::report {

namespace {

std::string model_line(const spec::Scenario& s) {
  const model::ParameterCounts count = model::count_parameters(s.model);
  std::string text = fmt::format("{}: {} {}", s.model.name, s.model.layers,
                                 plural(double(s.model.layers), "layer", "layers"));
  if (s.model.moe.experts > 0)
    text += fmt::format(", {} experts of which {} a token", s.model.moe.experts, s.model.moe.top_k);
  text += fmt::format("; {} parameters", count_text(count.total));
  if (s.model.moe.experts > 0) text += fmt::format(", {} used per token", count_text(count.per_token));
  return text;
}

std::string cluster_line(const spec::Scenario& s) {
  const auto& c = s.cluster;
  const bool planes = c.fabric.kind == topology::FabricSpec::Kind::multi_plane_fat_tree;
  const std::string fabric =
      planes ? fmt::format("{} {}", c.fabric.planes, plural(double(c.fabric.planes), "plane", "planes"))
             : std::string("one fabric for all rails");
  const double nodes = double(c.gpus) / double(std::max<std::int64_t>(1, c.gpus_per_node));
  return fmt::format("{} {} in {} {} of {} x {}; fat tree, {}", whole(double(c.gpus)), s.gpu.name,
                     whole(nodes), plural(nodes, "node", "nodes"), c.nics_per_node, s.nic.name, fabric);
}

// As the scenario wrote it where it says FP16, which is priced as BF16.
std::string precision_text(const spec::Scenario& s) {
  for (const spec::Setting& setting : s.settings)
    if (setting.key == "plan.precision" && setting.value == "fp16") return "FP16";
  switch (s.plan.precision) {
    case model::Precision::fp8:
      return "FP8";
    case model::Precision::bf16:
      return "BF16";
    case model::Precision::fp8_tensor:
      return "FP8 per tensor";
    case model::Precision::mxfp8:
      return "MXFP8";
    case model::Precision::nvfp4:
      return "NVFP4";
  }
  return "?";
}

std::string recompute_text(const model::Recompute& r) {
  if (r.layers) return "recompute whole layers";
  std::string again;
  if (r.norms) again += " norms";
  if (r.mla_up) again += " mla_up";
  if (r.swiglu) again += " swiglu";
  if (r.attention_core) again += " attention_core";
  if (r.experts_act) again += " experts_act";
  if (r.products == model::Products::second) again += " second_products";
  if (r.products == model::Products::all) again += " products";
  if (r.full_layers > 0)
    return fmt::format("recompute {} whole {} of each stage{}", r.full_layers,
                       plural(static_cast<double>(r.full_layers), "layer", "layers"),
                       again.empty() ? "" : ", else" + again);
  return again.empty() ? "nothing recomputed" : "recompute" + again;
}

std::string zero_text(const plan::PlanSpec& p) {
  std::string text = fmt::format("ZeRO {}", p.zero);
  if (p.shard_group > 0) text += fmt::format(" in groups of {}", p.shard_group);
  if (p.zero == 3 && !p.reshard) text += ", parameters kept after the forward";
  if (p.offload_optimizer) text += ", optimizer on the host";
  return text;
}

std::string overlap_text(const plan::Overlap& overlap) {
  std::string text;
  const auto add = [&](bool is, const char* what) {
    if (is) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(overlap.gradients, "gradients");
  add(overlap.parameters, "parameters");
  add(overlap.tensor, "tensor");
  add(overlap.p2p, "p2p");
  return text.empty() ? "" : "; overlaps " + text;
}

// "documents of 2,048, cut where sequences end; attention stays inside each"
std::string documents_text(const spec::DocumentsSpec& documents) {
  const auto& lengths = documents.held.lengths;
  std::string text = "documents of ";
  if (documents.median > 0)
    text += fmt::format("{} on average (lognormal, median {})",
                        whole(documents.median * std::exp(documents.sigma * documents.sigma / 2)),
                        whole(documents.median));
  else if (lengths.size() == 1)
    text += whole(double(lengths.front().tokens));
  else
    text += fmt::format("{} lengths", lengths.size());
  text += documents.held.whole ? ", packed whole" : ", cut where sequences end";
  return text + (documents.masked ? "; attention stays inside each" : "; attention crosses them");
}

// The stages whose attention is masked by documents.
std::string masked_text(const spec::Scenario& s) {
  std::string text;
  for (const auto& stage : s.stages)
    if (!stage.pieces().empty()) text += (text.empty() ? "" : ", ") + stage.name;
  return text.empty() ? "" : "; attention inside documents in " + text;
}

std::string plan_line(const spec::Scenario& s) {
  const plan::PlanSpec& p = s.plan;
  std::string text = fmt::format("pipeline {} x data {}", p.pipeline, p.data);
  if (p.context > 1)
    text += fmt::format(" x context {} ({})", p.context,
                        p.context_exchange == ContextExchange::ring ? "ring" : "all-gather");
  if (p.tensor > 1)
    text += fmt::format(" x tensor {}{}", p.tensor, p.sequence_parallel ? " (sequence parallel)" : "");
  if (s.model.moe.experts > 0) text += fmt::format(", expert {}", p.expert);
  if (p.expert_tensor > 1) text += fmt::format(" x expert tensor {}", p.expert_tensor);
  if (p.capacity_factor > 0) text += fmt::format(", capacity factor {}", p.capacity_factor);
  text += fmt::format(", {}", plan::name_of(p.schedule));
  if (p.virtual_stages > 1) text += fmt::format(" with {} stages a GPU", p.virtual_stages);
  return text +
         fmt::format(", {}, micro-batch {}, {}, {}", zero_text(p), p.micro_batch, precision_text(s),
                     recompute_text(p.recompute)) +
         overlap_text(p.overlap) + masked_text(s);
}

}  // namespace

std::string describe(const spec::Scenario& scenario) {
  return wrap(model_line(scenario), "  model     ") + wrap(cluster_line(scenario), "  cluster   ") +
         wrap(plan_line(scenario), "  plan      ") + wrap(scenario.software.name, "  software  ");
}

std::string describe(const spec::StageSpec& stage) {
  std::string size;
  if (stage.tokens > 0)
    size = count_text(stage.tokens) + " tokens";
  else if (stage.samples > 0)
    size = count_text(stage.samples) + " samples";
  else
    size = fmt::format("{} {}", whole(double(stage.steps)), plural(double(stage.steps), "step", "steps"));
  const std::string batch = stage.batch.from == stage.batch.to
                                ? whole(double(stage.batch.to))
                                : whole(double(stage.batch.from)) + " to " + whole(double(stage.batch.to));
  const std::string packed = stage.documents ? "; " + documents_text(*stage.documents) : "";
  return fmt::format("{}: {} in sequences of {}, batch {}{}", stage.name, size, whole(double(stage.sequence)),
                     batch, packed);
}

std::string header_section(const study::Outcome& outcome, const spec::Scenario& scenario) {
  return fmt::format("{}   ({})\n{}  made by   foretrain {}, seed {}, scenario hash {:016x}\n",
                     outcome.scenario, outcome.file, describe(scenario), version(), outcome.seed,
                     outcome.hash);
}

std::string answer_section(const study::Outcome& outcome) {
  const study::Total total = outcome.total.value_or(study::Total{});
  const bool large = total.gpu_hours >= 1e5;  // then thousands of hours are the readable unit
  Table table{{left("stage"), right("tokens"), right("steps"), right("step time"), right("days"),
               right(large ? "K GPU-hours" : "GPU-hours"), right("cost")},
              {}};
  const auto hours = [large](double h) { return large ? fixed(h / 1000, 1) : fixed(h, 1); };
  for (const study::StageOutcome& s : outcome.stages) {
    const Seconds whole_step = s.rollout ? s.duration / std::max(1.0, s.steps) : s.step.step_time;
    table.add({s.name, count_text(s.tokens), whole(s.steps), time_text(whole_step),
               fixed(s.duration.base() / 86400, 2), hours(s.gpu_hours), dollars_text(s.cost)});
  }
  table.add_rule();
  table.add({"total", "", "", "", fixed(total.duration.base() / 86400, 2), hours(total.gpu_hours),
             dollars_text(total.cost)});
  std::string text = "THE ANSWER\n" + to_text(table);
  if (outcome.stages.empty()) return text;
  const study::StageOutcome& first = outcome.stages.front();
  if (const auto& interval = outcome.interval; interval && interval->high > interval->low) {
    const Seconds mid = first.step.step_time;
    text +=
        wrap(fmt::format("A step of {} takes {} s; with {:.0f} % confidence between {} and {} s ({} to {}).",
                         first.name, significant(mid.base()), interval->level * 100,
                         significant(interval->low.base()), significant(interval->high.base()),
                         error_text(interval->low / mid - 1), error_text(interval->high / mid - 1)),
             "  ");
  }
  if (!outcome.interval || !outcome.causes)
    text += wrap(
        "How sure that is, where the seconds go and what moves them were not worked out, as --quick asks.",
        "  ");
  const auto is_rollout = [](const study::StageOutcome& s) { return s.rollout.has_value(); };
  std::string hint =
      first.ramp.empty() ? "" : "The step time is that of the largest batch; days count every batch. ";
  if (std::any_of(outcome.stages.begin(), outcome.stages.end(), is_rollout)) {
    hint += "A step of reinforcement learning includes its rollout.";
  }
  if (!hint.empty()) text += wrap(hint, "  ");
  return text;
}

}  // namespace foretrain::report
