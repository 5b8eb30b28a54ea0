#pragma once
// What a reinforcement-learning step does besides the policy update: generate answers, score them, refresh
// weights.

#include "spec/scenario.hpp"
#include "study/outcome.hpp"

namespace foretrain::study {

// Precondition: stage.rollout. `update` is the time of one policy update, from the step simulation.
RolloutOutcome price_rollout(const spec::Scenario& scenario, const spec::StageSpec& stage, Seconds update);

}  // namespace foretrain::study
