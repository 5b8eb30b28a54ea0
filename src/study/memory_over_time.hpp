#pragma once
// Memory of every pipeline rank through one step: the simulated timeline of the first pipeline, read with
// what the plan keeps. The cost is that of the step, and two points a chunk.

#include <vector>

#include "cluster/memory_curve.hpp"
#include "study/predict.hpp"

namespace foretrain::study {

struct MemoryOverTime {
  StepPrediction step;
  std::vector<cluster::MemoryCurve> ranks;  // [pipeline rank]; empty when the step cannot run
};

MemoryOverTime memory_over_time(const spec::Scenario& scenario, const spec::StageSpec& stage);

}  // namespace foretrain::study
