#pragma once
// The whole pipeline as one function from a scenario to an outcome. Reads no file, prints nothing, keeps
// nothing.

#include "spec/scenario.hpp"
#include "study/outcome.hpp"

namespace foretrain::study {

struct RunOptions {
  bool causes = true;    // attribute the step's seconds by experiments (one more step each)
  bool interval = true;  // uncertainty of the step (two more steps an uncertain input)
};

Outcome run(const spec::Scenario& scenario, const RunOptions& options = {});

}  // namespace foretrain::study
