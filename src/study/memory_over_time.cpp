#include "study/memory_over_time.hpp"

#include "study/memory.hpp"
#include "study/stage.hpp"

namespace foretrain::study {

MemoryOverTime memory_over_time(const spec::Scenario& scenario, const spec::StageSpec& stage) {
  MemoryOverTime out{predict_step(scenario, stage), {}};
  if (!out.step.infeasible.empty()) return out;
  const auto spec = step_spec(scenario, stage);
  const auto units = unit_memory(spec, cluster::work_of(spec, cluster::token_spread(spec)));
  const auto& step = out.step.step;
  for (std::size_t rank = 0; rank < step.program.per_rank.size(); ++rank)
    out.ranks.push_back(cluster::memory_curve(step.program, rank, step.timeline.spans[0][rank], stage.plan,
                                              units, out.step.memory[rank]));
  return out;
}

}  // namespace foretrain::study
