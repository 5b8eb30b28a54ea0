#pragma once
// The steady step of a stage with every GPU by itself (cluster/unfolded.hpp), beside the folded one, and what
// it had to wait for. Replicas are independent until the end of the step, so they run on several threads.
//
// Cost: that of the unfolded step, and once more for the slowest replica where the critical path is asked
// for.

#include <string>
#include <vector>

#include "cluster/unfolded.hpp"
#include "study/stage.hpp"

namespace foretrain::study {

// A step unfolded, with what experiments need to repeat it. Points into the SteadyStep it was made from.
struct Unfolding {
  cluster::UnfoldedStep step;
  std::vector<cluster::ReplicaPart> parts;  // [step.replicas]
  cluster::UnfoldedResult result;
};
Unfolding unfold(const SteadyStep& base, const cluster::Unevenness& unevenness, unsigned threads);

// The same step with other faults: replicas that they do not reach are taken over, those that they reach are
// simulated again with the same draws. Precondition: the same popularity of experts.
cluster::UnfoldedResult with_faults(const SteadyStep& base, const Unfolding& before,
                                    const cluster::Unevenness& unevenness);

UnfoldOutcome unfold_stage(const SteadyStep& base, const std::string& stage,
                           const cluster::Unevenness& unevenness, unsigned threads);

// What the scenario states.
cluster::Unevenness unevenness_of(const spec::Scenario& scenario);

}  // namespace foretrain::study
