#pragma once
// Memory of every pipeline rank of a step that was simulated: the plan's terms at each rank's worst moment.

#include <string>
#include <vector>

#include "cluster/step.hpp"
#include "plan/memory.hpp"

namespace foretrain::study {

std::vector<plan::MemoryReport> memory_of(const cluster::StepSpec& spec, const model::Work& work,
                                          const plan::Program& program);

// What a micro-batch keeps of each unit, as the reports count it.
std::vector<plan::UnitMemory> unit_memory(const cluster::StepSpec& spec, const model::Work& work);

// The first rank whose memory does not suffice, with its largest terms, or whose hosts' does not; "" when all
// do. A node's GPUs are taken to hold the same pipeline rank.
std::string why_too_much(const cluster::StepSpec& spec, const std::vector<plan::MemoryReport>& memory);

}  // namespace foretrain::study
