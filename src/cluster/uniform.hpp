#pragma once
// Chunk times in the abstract, the same on every rank, as papers on schedules use them; and the published
// bubbles for such times. Not here: chunk times of a real model, which differ by rank.

#include <string>

#include "cluster/pipeline.hpp"

namespace foretrain::cluster {

struct UniformTimes {
  sim::Ticks forward{};   // F
  sim::Ticks backward{};  // B = I + W, the full backward
  sim::Ticks weight{};    // W, at most B
  sim::Ticks pair{};      // F&B, a forward overlapped with a backward
};

ChunkTimes list_times(const plan::Program& program, const UniformTimes& times);

// The bubble of every rank as published, with free communication (README.md of deepseek-ai/DualPipe@3da1bbe;
// P stages):
//   1F1B and GPipe (P-1)(F+B);  ZB1P (P-1)(F+B-2W);  DualPipe and DualPipeV (P/2-1)(F&B+B-3W);
//   interleaved 1F1B, P stages on P/v ranks: (P/v-1)(F+B) of one chunk, a v-th of 1F1B's on as many ranks
//   (Narayanan et al. 2021, arXiv:2104.04473, section 2.2.2; stated for micro-batches in multiples of the
//   ranks, and it holds for every group that list_program takes).
sim::Ticks published_bubble(plan::Schedule schedule, std::int64_t stages, const UniformTimes& times,
                            std::int64_t virtual_stages = 1);

// Why that value need not be exact for these times; empty where the simulation meets it to the nanosecond.
std::string published_bubble_limit(plan::Schedule schedule, std::int64_t stages, std::int64_t micro_batches,
                                   const UniformTimes& times, const P2p& p2p);

}  // namespace foretrain::cluster
