// 1F1B (PipeDream-Flush; Narayanan et al. 2021, arXiv:2104.04473, section 2.2): rank r runs P - 1 - r
// forwards, then alternates one forward with one backward, then drains. At most P - r activations.

#include <algorithm>

#include "plan/schedules/schedules.hpp"

namespace foretrain::plan::schedules {

Program one_f_one_b(std::int32_t stages, std::int32_t micro_batches) {
  Program program = straight_pipeline(stages, micro_batches);
  for (std::int32_t rank = 0; rank < stages; ++rank) {
    auto& list = program.per_rank[static_cast<std::size_t>(rank)];
    list.reserve(static_cast<std::size_t>(micro_batches) * 2);
    const std::int32_t ahead = std::min(stages - 1 - rank, micro_batches);
    for (std::int32_t i = 0; i < ahead; ++i) list.push_back(forward(rank, i));
    for (std::int32_t i = 0; i < micro_batches; ++i) {
      if (ahead + i < micro_batches) list.push_back(forward(rank, ahead + i));
      list.push_back(backward(rank, i));
    }
  }
  return program;
}

}  // namespace foretrain::plan::schedules
