#pragma once
// Layout, batch and cluster of a published run.

#include <string>
#include <tl/expected.hpp>

#include "spec/scenario.hpp"
#include "study/run_lookup.hpp"

namespace foretrain::study {

// GPUs of a node or NVLink domain that a run uses: all of them, or as many as it has, or the largest share of
// whole steps (trays of an NVL72 rack) that divides the run, so that all domains are used alike.
std::int64_t even_share(std::int64_t usual, std::int64_t gpus, std::int64_t step);

// A node with fewer cards than GPUs: each GPU has a card of its own at its share of the rate. That is what
// each gets when all send at once; one that sends alone would be faster.
hardware::NicSpec shared_nic(RunLookup& lookup, hardware::NicSpec nic);

topology::ClusterSpec cluster_of_run(RunLookup& lookup, std::int64_t gpus);

// The default split of the model (plan::default_stages); none where the layers are too few.
plan::PlanSpec with_stages(plan::PlanSpec plan, const model::TransformerSpec& model, RunLookup& lookup);

struct RunLayout {
  plan::PlanSpec plan;     // with its stages
  std::int64_t batch = 0;  // sequences
};
tl::expected<RunLayout, std::string> layout_of_run(RunLookup& lookup, const spec::Scenario& parts,
                                                   std::int64_t gpus);

}  // namespace foretrain::study
