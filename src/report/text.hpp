#pragma once
// The report that a person reads: what the run takes, where the seconds go, how sure we are and of what.
// Plain text, 110 columns at most. Not here: every input (explain.hpp), the kernels behind a row (why.hpp).

#include <string>

#include "spec/scenario.hpp"
#include "study/outcome.hpp"

namespace foretrain::report {

// brief leaves out what was assumed and how rollouts were priced, the families behind the prices and the
// sources of the spreads; every figure stays.
enum class Detail { brief, full };

// An infeasible outcome gives the reasons and the memory that does not fit, nothing else.
std::string to_text(const study::Outcome& outcome, const spec::Scenario& scenario,
                    Detail detail = Detail::brief);

// "fits: fullest rank 71.5 of 80.0 GiB, in sft": of all stages. Of a feasible outcome.
std::string memory_line(const study::Outcome& outcome);

// Model, cluster, plan and software, a line each.
std::string describe(const spec::Scenario& scenario);
// "pre-training: 14.8 T tokens in sequences of 4,096, batch 3,072 to 15,360".
std::string describe(const spec::StageSpec& stage);

}  // namespace foretrain::report
