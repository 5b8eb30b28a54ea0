#pragma once
// One stage of a scenario (pre-training, extension, supervised or reinforcement): its steps, time and money.

#include "cluster/step.hpp"
#include "spec/scenario.hpp"
#include "study/outcome.hpp"

namespace foretrain::study {

// What `cluster` needs to simulate a step of this stage. Points into `scenario` and `stage`.
cluster::StepSpec step_spec(const spec::Scenario& scenario, const spec::StageSpec& stage,
                            const cluster::Switches& off = {});

// The steady step (largest batch) of a stage and what it was made of, so that experiments can repeat it.
struct SteadyStep {
  cluster::StepSpec spec;
  cluster::Prepared prepared;
  cluster::ScheduleChoice choice;
  plan::Program program;
  cluster::ChunkPools pools;
  cluster::StepResult result;
};
SteadyStep steady_step(const cluster::StepSpec& spec, const plan::Program& program);

// The same step under changed inputs or switches; with `same_chunks`, of which none reaches inside a chunk,
// so that the chunks need not be simulated again.
Seconds repeat_step(const SteadyStep& base, cluster::StepSpec changed, bool same_chunks = false);

// Reasons why the stage cannot run are appended to `infeasible`; its outcome is then incomplete.
StageOutcome run_stage(const spec::Scenario& scenario, const spec::StageSpec& stage,
                       const network::TokenSpread& spread, const cluster::PipelineHop& hop,
                       std::vector<std::string>& infeasible);

}  // namespace foretrain::study
