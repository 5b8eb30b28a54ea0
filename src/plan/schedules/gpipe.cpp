// GPipe (Huang et al. 2018, arXiv:1811.06965, figure 2c): all forwards, then all backwards from the last
// micro-batch to the first. Every rank keeps the activations of all micro-batches.

#include "plan/schedules/schedules.hpp"

namespace foretrain::plan::schedules {

Program gpipe(std::int32_t stages, std::int32_t micro_batches) {
  Program program = straight_pipeline(stages, micro_batches);
  for (std::int32_t rank = 0; rank < stages; ++rank) {
    auto& list = program.per_rank[static_cast<std::size_t>(rank)];
    list.reserve(static_cast<std::size_t>(micro_batches) * 2);
    for (std::int32_t i = 0; i < micro_batches; ++i) list.push_back(forward(rank, i));
    for (std::int32_t i = micro_batches; i-- > 0;) list.push_back(backward(rank, i));
  }
  return program;
}

}  // namespace foretrain::plan::schedules
