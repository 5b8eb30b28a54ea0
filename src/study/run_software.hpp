#pragma once
// What a run states otherwise than its software profile: how tokens are exchanged, what a parameter is worth
// on the wire and in memory, and what CUDA graphs capture. Overlaps stand in the plan (run_layout).

#include <string>
#include <tl/expected.hpp>

#include "plan/plan.hpp"
#include "study/run_lookup.hpp"

namespace foretrain::study {

tl::expected<plan::SoftwareSpec, std::string> software_of_run(RunLookup& lookup, plan::SoftwareSpec software);

}  // namespace foretrain::study
