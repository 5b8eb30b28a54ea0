#pragma once
// Memory of every pipeline rank of a step that was simulated: the plan's terms at each rank's worst moment.

#include <string>
#include <vector>

#include "cluster/step.hpp"
#include "plan/memory.hpp"

namespace foretrain::study {

std::vector<plan::MemoryReport> memory_of(const cluster::StepSpec& spec, const model::Work& work,
                                          const plan::Program& program);

// The first rank whose memory does not suffice, with its largest terms; "" when all do.
std::string why_too_much(const std::vector<plan::MemoryReport>& memory);

}  // namespace foretrain::study
