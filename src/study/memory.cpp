#include "study/memory.hpp"

namespace foretrain::study {

std::vector<plan::MemoryReport> memory_of(const cluster::StepSpec& spec, const model::Work& given,
                                          const plan::Program& program) {
  // The ring works block by block: keys and values of one rank's tokens are in memory at a time, as without
  // it.
  model::Work work = given;
  work.context_parallel = 1;
  const auto kept = plan::kept_by_stage(*spec.model, *spec.plan, work);
  std::vector<plan::MemoryReport> reports;
  for (std::size_t rank = 0; rank < program.per_rank.size(); ++rank)
    reports.push_back(plan::memory_of_rank({.model = spec.model,
                                            .plan = spec.plan,
                                            .work = work,
                                            .held = plan::load_at_peak(program, rank, kept),
                                            .reserve = spec.software->memory_reserve.value,
                                            .reserve_source = spec.software->memory_reserve.from.source,
                                            .limit = spec.gpu->memory.value}));
  return reports;
}

}  // namespace foretrain::study
