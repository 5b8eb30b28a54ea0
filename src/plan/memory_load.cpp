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

std::vector<StageLoad> no_load(const Program& program, std::size_t rank) {
  std::vector<StageLoad> loads;
  for (const auto& ranks : program.rank_of)
    for (std::size_t stage = 0; stage < ranks.size(); ++stage)
      if (static_cast<std::size_t>(ranks[stage]) == rank) {
        const auto id = static_cast<std::int32_t>(stage);
        const auto known =
            std::any_of(loads.begin(), loads.end(), [&](const StageLoad& s) { return s.stage == id; });
        if (!known) loads.push_back({id, 0});
      }
  return loads;
}

namespace {

void change(std::vector<StageLoad>& loads, std::int32_t stage, double by) {
  for (auto& load : loads)
    if (load.stage == stage) load.chunks += by;
}

}  // namespace

void begin(const Instruction& instruction, std::vector<StageLoad>& loads) {
  if (instruction.forward_stage >= 0) change(loads, instruction.forward_stage, 1);
}

void end(const Instruction& instruction, std::vector<StageLoad>& loads) {
  if (instruction.backward_stage >= 0 && instruction.action != Action::input_backward)
    change(loads, instruction.backward_stage, -1);
}

Bytes sum_of(const std::vector<StageLoad>& loads, const std::vector<Bytes>& kept) {
  Bytes sum;
  for (const auto& load : loads) sum += kept[static_cast<std::size_t>(load.stage)] * load.chunks;
  return sum;
}

std::vector<StageLoad> load_at_peak(const Program& program, std::size_t rank,
                                    const std::vector<Bytes>& kept) {
  std::vector<StageLoad> now = no_load(program, rank), worst = now;
  Bytes most;
  for (const auto& instruction : program.per_rank[rank]) {
    begin(instruction, now);
    if (const Bytes sum = sum_of(now, kept); sum > most) {
      most = sum;
      worst = now;
    }
    end(instruction, now);
  }
  return worst;
}

}  // namespace foretrain::plan
