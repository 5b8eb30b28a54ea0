#pragma once
// One step of one stage, and nothing around it: no causes, no interval, no ramp, no campaign. What `validate`
// asks for hundreds of published runs.
//
// A layout that cannot run gives a reason and no step. One that does not fit in memory gives both, since a
// run that was measured did fit, and the reader must see the two answers beside each other.

#include <string>
#include <vector>

#include "cluster/step.hpp"
#include "plan/memory.hpp"
#include "spec/scenario.hpp"

namespace foretrain::study {

struct StepPrediction {
  cluster::StepResult step;                // of the stage's largest batch; empty when infeasible
  std::vector<plan::MemoryReport> memory;  // [pipeline rank]
  std::string infeasible;                  // why such a step cannot run or is not known; "" when it can
  std::string does_not_fit;                // why it exceeds the GPU's memory; "" when it fits
};

// Reads model, cluster, parts and software of the scenario, and plan, sequence and batch of the stage.
StepPrediction predict_step(const spec::Scenario& scenario, const spec::StageSpec& stage);

}  // namespace foretrain::study
