#pragma once
// The whole pipeline as one function from a scenario to an outcome. Reads no file, prints nothing, keeps
// nothing.

#include <optional>

#include "spec/scenario.hpp"
#include "study/outcome.hpp"

namespace foretrain::study {

struct RunOptions {
  bool causes = true;    // attribute the step's seconds by experiments (one more step each)
  bool interval = true;  // uncertainty of the step (two more steps an uncertain input)
  bool unfold = false;   // steady steps once more with every GPU by itself
  std::optional<std::size_t> unfold_stage{}; // of this stage alone
  unsigned threads = 1;                     // for that; the answer does not depend on it
};

Outcome run(const spec::Scenario& scenario, const RunOptions& options = {});

}  // namespace foretrain::study
