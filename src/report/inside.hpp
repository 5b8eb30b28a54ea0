#pragma once
// A stage's step opened up: the priced units and the chunks it was made of, prepared again from the scenario
// exactly as the study did. For traces, `why` and `explain`; the outcome itself keeps only what every report
// needs.

#include <optional>

#include "cluster/step.hpp"
#include "hardware/kernel_cost.hpp"
#include "spec/scenario.hpp"
#include "study/outcome.hpp"

namespace foretrain::report {

struct Inside {
  cluster::StepSpec spec;
  cluster::Prepared prepared;
  cluster::ChunkPools pools;
};

// Precondition: the stage of the outcome was simulated from this stage of the scenario, and is feasible. The
// result points into `scenario` and `stage`.
Inside look_inside(const spec::Scenario& scenario, const spec::StageSpec& stage,
                   const study::StageOutcome& outcome);

// A chunk's segments as they ran on one GPU: one repetition at the routing of the first draw.
struct ChunkInside {
  cluster::GroupWork work;
  std::vector<cluster::SegmentSpan> spans;
  sim::Ticks duration{};
};
ChunkInside look_inside(const Inside& inside, const cluster::ChunkKey& key);

// The ops behind a computing segment, with the conditions their kernels were priced under (beside no
// exchange).
struct SegmentOps {
  std::vector<model::Op> ops;
  hardware::Conditions conditions;
};
SegmentOps ops_behind(const Inside& inside, const cluster::ChunkKey& key, const ChunkInside& chunk,
                      const cluster::Segment& segment);

std::string_view name_of(cluster::BlockKind kind);     // "attention forward"
std::string_view name_of(cluster::ExchangeKind kind);  // "dispatch of tokens"
std::string_view name_of(plan::Action action);         // "overlapped pair"

}  // namespace foretrain::report
