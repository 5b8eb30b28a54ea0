#include "study/run_scenario.hpp"

#include <fmt/format.h>

#include "base/diagnostic.hpp"
#include "hardware/kernel_cost.hpp"
#include "spec/faults.hpp"
#include "study/run_layout.hpp"
#include "study/run_model.hpp"
#include "study/run_software.hpp"

namespace foretrain::study {
namespace {

template <class T>
using Or = tl::expected<T, std::string>;

// Why nobody could predict this row, whatever the files say.
std::string beyond(RunLookup& lookup) {
  const std::string kind = lookup.word("kind").value_or("");
  if (kind == "inference") return "inference, not a training step";
  if (const auto features = lookup.word("features"))
    return fmt::format("the row has what no plan states: {}", *features);
  if (const auto optimizer = lookup.word("optimizer");
      optimizer && *optimizer != "Adam" && *optimizer != "AdamW")
    return fmt::format("optimizer {} is not modelled", *optimizer);
  if (lookup.word("inconsistent")) return "the row's own figures contradict one another";
  if (const auto phase = lookup.word("phase"); phase && kind.empty() && *phase != "pre-training")
    return fmt::format("phase {} is not pre-training", *phase);
  return {};
}

template <class Spec>
Or<Spec> named(const std::map<std::string, Spec>& all, const std::string& name, const char* what) {
  const auto found = all.find(name);
  if (found == all.end())
    return tl::unexpected(name.empty() ? fmt::format("no {} is named", what)
                                       : fmt::format("no {} {}", what, name));
  return found->second;
}

Or<spec::Scenario> parts_of_run(RunLookup& lookup, const RunLibrary& library, const spec::PublishedRuns& runs,
                                std::int64_t sequence, const std::string& software) {
  spec::Scenario s;
  const std::string gpu = lookup.word("gpu").value_or("");
  const auto part = lookup.word("part");
  if (!part) return tl::unexpected(gpu.empty() ? "no GPU is named" : fmt::format("no part for GPU {}", gpu));
  auto gpu_spec = named(library.parts, *part, "GPU part");
  if (!gpu_spec) return tl::unexpected(gpu_spec.error());
  s.gpu = std::move(*gpu_spec);
  auto nic = named(library.nics, lookup.word("nic").value_or(""), "network card");
  if (!nic) return tl::unexpected(nic.error());
  s.nic = shared_nic(lookup, std::move(*nic));
  const std::string profile = software.empty() ? lookup.word("software").value_or("") : software;
  if (!software.empty()) lookup.note("software", software, "given on the command line");
  auto chosen = named(library.software, profile, "software profile");
  if (!chosen) return tl::unexpected(chosen.error());
  auto adapted = software_of_run(lookup, std::move(*chosen));
  if (!adapted) return tl::unexpected(adapted.error());
  s.software = std::move(*adapted);
  if (lookup.word("routing").value_or("").find("balance") != std::string::npos)
    s.software.routing_spread = {0, {"the run forces balanced routing", "row", 0}};
  s.gpu = hardware::with_attention(std::move(s.gpu), s.software.kernels.attention);
  auto model = model_of_run(lookup, library, runs, sequence);
  if (!model) return tl::unexpected(model.error());
  s.model = std::move(*model);
  return s;
}

}  // namespace

Or<RunScenario> scenario_of_run(const spec::PublishedRuns& runs, const spec::RunRow& row,
                                const RunLibrary& library, const std::string& software) {
  const auto gpu = library.gpus.find(row.fields.text("gpu"));
  RunLookup lookup(row, runs.set_of(row), nullptr);
  if (auto why = beyond(lookup); !why.empty()) return tl::unexpected(std::move(why));
  // A set whose rows name no GPU says so in its settings.
  const std::string name = lookup.word("gpu").value_or("");
  const auto named_gpu = gpu != library.gpus.end() ? gpu : library.gpus.find(name);
  lookup = RunLookup(row, runs.set_of(row), named_gpu == library.gpus.end() ? nullptr : &named_gpu->second);
  const auto gpus = lookup.count("gpus");
  if (!gpus) return tl::unexpected(std::string("the number of GPUs is not printed"));
  const auto sequence = lookup.count("seq_len_tokens");
  if (!sequence)
    return tl::unexpected(row.fields.has("seq_len_tokens") ? fmt::format("sequence '{}' is not one length",
                                                                         row.fields.text("seq_len_tokens"))
                                                           : "the sequence length is not printed");
  auto scenario = parts_of_run(lookup, library, runs, *sequence, software);
  if (!scenario) return tl::unexpected(scenario.error());
  scenario->name = row.id;
  scenario->file = row.origin;
  scenario->cluster = cluster_of_run(lookup, *gpus);
  auto layout = layout_of_run(lookup, *scenario, *gpus);
  if (!layout) return tl::unexpected(layout.error());
  scenario->plan = layout->plan;
  spec::StageSpec stage;
  stage.name = "step";
  stage.steps = 1;
  stage.sequence = *sequence;
  stage.batch = {layout->batch, layout->batch, 0};
  stage.plan = std::move(layout->plan);
  scenario->stages.push_back(std::move(stage));
  if (const auto faults = spec::faults_of(*scenario); !faults.empty()) return tl::unexpected(faults.front());
  return RunScenario{std::move(*scenario), lookup.settings()};
}

std::string short_layout(const plan::PlanSpec& plan) {
  std::string text;
  const auto add = [&](const char* name, std::int64_t size) {
    if (size > 1) text += fmt::format("{}{} ", name, size);
  };
  add("tp", plan.tensor);
  add("pp", plan.pipeline);
  add("vpp", plan.virtual_stages);
  add("cp", plan.context);
  add("ep", plan.expert);
  add("etp", plan.expert_tensor);
  text += fmt::format("dp{}", plan.data);
  if (plan.zero == 3) text += plan.shard_group > 0 ? fmt::format(" fsdp{}", plan.shard_group) : " fsdp";
  return text;
}

}  // namespace foretrain::study
