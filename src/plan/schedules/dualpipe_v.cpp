// DualPipeV (deepseek-ai/DualPipe@3da1bbe, dualpipe/dualpipev.py; the "cut in half" of DualPipe by Sea AI
// Lab): P stages folded onto P / 2 ranks, rank r holding stages r and P - 1 - r. Every micro-batch goes down
// the V as DualPipe's stream 0 and comes back up as its stream 1, so one copy of the parameters is enough.

#include "plan/schedules/schedules.hpp"

namespace foretrain::plan::schedules {

Program dualpipe_v(std::int32_t stages, std::int32_t micro_batches) {
  Program program = straight_pipeline(stages, micro_batches);
  const std::int32_t ranks = stages / 2;
  program.ranks = ranks;
  program.per_rank.resize(static_cast<std::size_t>(ranks));
  for (std::int32_t rank = 0; rank < ranks; ++rank) {
    const std::int32_t mirror = stages - 1 - rank;
    program.rank_of[0][static_cast<std::size_t>(mirror)] = rank;
    program.per_rank[static_cast<std::size_t>(rank)] =
        eight_steps(rank, ranks, micro_batches, Stream{rank, 0}, Stream{mirror, 0});
  }
  return program;
}

}  // namespace foretrain::plan::schedules
