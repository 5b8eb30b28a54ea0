// Which activations a rank holds at its worst moment, from its program alone.

#include <algorithm>

#include "plan/memory.hpp"

namespace foretrain::plan {

std::vector<Bytes> kept_by_stage(const model::TransformerSpec& model, const PlanSpec& plan,
                                 const model::Work& work) {
  return kept_by_stage(plan, list_unit_memory(model, plan, work));
}

std::vector<Bytes> kept_by_stage(const PlanSpec& plan, const std::vector<UnitMemory>& units) {
  std::vector<Bytes> kept;
  for (const auto& stage : plan.stages) {
    Bytes sum;
    for (const model::Unit unit : stage) sum += units[static_cast<std::size_t>(unit)].kept;
    kept.push_back(sum);
  }
  return kept;
}

std::vector<StageLoad> load_at_peak(const Program& program, std::size_t rank,
                                    const std::vector<Bytes>& kept) {
  std::vector<StageLoad> now, worst;
  for (const auto& ranks : program.rank_of)
    for (std::size_t stage = 0; stage < ranks.size(); ++stage)
      if (static_cast<std::size_t>(ranks[stage]) == rank) {
        const auto id = static_cast<std::int32_t>(stage);
        const auto known =
            std::any_of(now.begin(), now.end(), [&](const StageLoad& s) { return s.stage == id; });
        if (!known) now.push_back({id, 0});
      }
  worst = now;
  Bytes most;
  const auto change = [&](std::int32_t stage, double by) {
    for (auto& load : now)
      if (load.stage == stage) load.chunks += by;
  };
  for (const auto& step : program.per_rank[rank]) {
    if (step.forward_stage >= 0) change(step.forward_stage, 1);
    Bytes sum;
    for (const auto& load : now) sum += load.chunks * kept[static_cast<std::size_t>(load.stage)];
    if (sum > most) {
      most = sum;
      worst = now;
    }
    if (step.backward_stage >= 0 && step.action != Action::input_backward) change(step.backward_stage, -1);
  }
  return worst;
}

}  // namespace foretrain::plan
