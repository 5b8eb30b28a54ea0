#pragma once
// Memory of every pipeline rank of a step that was simulated: the plan's terms at each rank's worst moment.

#include <vector>

#include "cluster/step.hpp"
#include "plan/memory.hpp"

namespace foretrain::study {

std::vector<plan::MemoryReport> memory_of(const cluster::StepSpec& spec, const model::Work& work,
                                          const plan::Program& program);

}  // namespace foretrain::study
