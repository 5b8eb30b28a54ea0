#pragma once
// One reader for each kind of file or section. Each asks for its keys, reports what is wrong and returns what
// it could read; load() puts the parts together and cross_checks() looks across them.

#include <optional>
#include <string>
#include <vector>

#include "spec/reader.hpp"
#include "spec/scenario.hpp"

namespace foretrain::spec {

model::TransformerSpec read_model(Reader& reader);
hardware::GpuSpec read_gpu(Reader& reader);
hardware::NicSpec read_nic(Reader& reader);
hardware::HostSpec read_host(Reader& reader);
CollectiveRates read_collective_rates(Reader& reader);
CollectiveRates read_collectives(Reader& part);  // its map or file of them; unknown where it names none
plan::SoftwareSpec read_software(Reader& reader);

// Reads the cluster with its parts.
void read_cluster(Reader& reader, Scenario& scenario);

// A layout as read, before the default stage assignment is filled in.
struct PlanRead {
  plan::PlanSpec plan;
  bool default_stages = true;
};
// The scenario's plan: every layout key must be there. `software` is read too.
PlanRead read_plan(Reader& reader, Scenario& scenario);
// A training stage's own changes to the scenario's plan.
PlanRead read_plan_changes(Reader& reader, const PlanRead& base);
// Positions in the model that the pipeline holds under the plan's schedule: dualpipe-v folds two onto each
// rank, interleaved as many as virtual_stages, the others hold one (dualpipe holds a second one, of the
// mirror direction, which is no further part of the model).
std::int64_t stage_count(const plan::PlanSpec& plan);
// Fills plan.stages with the default assignment where the scenario leaves it to us.
plan::PlanSpec with_stages(const PlanRead& read, const model::TransformerSpec& model);

std::vector<StageSpec> read_stages(Context& context, const Entry* stages, const PlanRead& plan,
                                   const model::TransformerSpec& model);
// The documents that the sequences of a stage hold, where it states them; its name and kind are read.
std::optional<DocumentsSpec> read_documents(Reader& stage_reader, const StageSpec& stage);
// Faults and routing of the cluster and model that have been read.
void read_unevenness(Reader& reader, Scenario& scenario);
cost::PriceSpec read_prices(Reader& reader);
std::vector<PublishedFigure> read_published(Context& context, const Entry* published,
                                            const std::vector<StageSpec>& stages);

// Everything that concerns two or more values: see cross_checks.cpp. A value of zero was not read and is
// skipped.
void cross_checks(Context& context, const Scenario& scenario);

}  // namespace foretrain::spec
