// ZB1P, also called ZB-H1: the hand-made schedule of Qi et al. 2023 (arXiv:2401.10241, section 2.1): 1F1B
// whose backward is cut in two, rank r running the weight chunk of a micro-batch r input backwards late, so
// that gradients travel upstream early and every rank holds P activations. The last r weight chunks fill what
// was the drain.

#include <algorithm>

#include "plan/schedules/schedules.hpp"

namespace foretrain::plan::schedules {

Program zb1p(std::int32_t stages, std::int32_t micro_batches) {
  Program program = straight_pipeline(stages, micro_batches);
  for (std::int32_t rank = 0; rank < stages; ++rank) {
    auto& list = program.per_rank[static_cast<std::size_t>(rank)];
    list.reserve(static_cast<std::size_t>(micro_batches) * 3);
    const std::int32_t ahead = std::min(stages - 1 - rank, micro_batches);
    for (std::int32_t i = 0; i < ahead; ++i) list.push_back(forward(rank, i));
    for (std::int32_t i = 0; i < micro_batches; ++i) {
      if (ahead + i < micro_batches) list.push_back(forward(rank, ahead + i));
      list.push_back(backward(rank, i, Action::input_backward));
      if (i >= rank) list.push_back(backward(rank, i - rank, Action::weight));
    }
    for (std::int32_t i = std::max(micro_batches - rank, 0); i < micro_batches; ++i)
      list.push_back(backward(rank, i, Action::weight));
  }
  return program;
}

}  // namespace foretrain::plan::schedules
