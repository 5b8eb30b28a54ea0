// What one micro-batch of each unit leaves in memory, by the op lists.

#include <algorithm>
#include <array>

#include "plan/memory.hpp"

namespace foretrain::plan {

using model::Unit;

namespace {

// Everything that the largest block of a backward writes, as if nothing were freed before the block ends.
Bytes temporaries_of(const model::UnitOps& ops) {
  Bytes largest;
  for (const auto* block : {&ops.mlp_i, &ops.attention_i}) {
    Bytes written;
    for (const auto& op : *block)
      if (!op.communication) written += op.kernel.written;
    largest = std::max(largest, written);
  }
  return largest;
}

}  // namespace

std::vector<UnitMemory> list_unit_memory(const model::TransformerSpec& model, const PlanSpec& plan,
                                         const model::Work& work) {
  // Own tokens alone are kept. A ring also works block by block: as without it.
  model::Work own = work;
  own.context_parallel = 1;
  const bool gathers = work.context_parallel > 1 && plan.context_exchange == ContextExchange::all_gather;
  std::vector<UnitMemory> found(model::unit_count);
  std::array<bool, model::unit_count> known{};
  for (const auto& stage : plan.stages)
    for (const Unit unit : stage) {
      const auto u = static_cast<std::size_t>(unit);
      if (known[u]) continue;
      known[u] = true;
      const auto ops = list_ops(model, unit, own);
      found[u] = {kept_per_micro_batch(ops), temporaries_of(gathers ? list_ops(model, unit, work) : ops)};
    }
  return found;
}

KeptBytes kept_in_flight(const PlanSpec& plan, const std::vector<UnitMemory>& units,
                         const std::vector<StageLoad>& held) {
  KeptBytes sum;
  for (const auto& load : held)
    for (const Unit unit : plan.stages[static_cast<std::size_t>(load.stage)]) {
      const Bytes kept = units[static_cast<std::size_t>(unit)].kept * load.chunks;
      (unit == Unit::head || unit == Unit::mtp_head ? sum.heads : sum.layers) += kept;
    }
  return sum;
}

}  // namespace foretrain::plan
