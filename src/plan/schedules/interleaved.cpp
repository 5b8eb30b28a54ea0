// Interleaved 1F1B (Narayanan et al. 2021, arXiv:2104.04473, section 2.2): P ranks hold v chunks each, rank r
// the stages r, r + P, r + 2P, ...; a micro-batch goes round the ranks v times, and the bubble shrinks by v.
// The order is Megatron-Core's (NVIDIA/Megatron-LM, megatron/core/pipeline_parallel/schedules.py): groups of
// P micro-batches visit chunk 0, then chunk 1, ...; backwards do the same with the chunks from last to first.
// Rank r starts with 2 (P - 1 - r) + (v - 1) group forwards, then alternates.
//
// Micro-batches that are no multiple of P: Megatron-Core lets the group be larger than P and asks that the
// last group be empty or hold at least P. Here the smallest such group is taken; the last group may be short.

#include <algorithm>

#include "plan/schedules/schedules.hpp"

namespace foretrain::plan::schedules {
namespace {

struct Turn {
  std::int32_t chunk = 0, micro_batch = 0;
};

// The order in which every rank meets its chunks and micro-batches.
std::vector<Turn> list_turns(std::int32_t micro_batches, std::int32_t chunks, std::int32_t group) {
  std::vector<Turn> turns;
  for (std::int32_t first = 0; first < micro_batches; first += group)
    for (std::int32_t chunk = 0; chunk < chunks; ++chunk)
      for (std::int32_t m = first; m < std::min(first + group, micro_batches); ++m)
        turns.push_back({chunk, m});
  return turns;
}

}  // namespace

std::int64_t interleaved_group(std::int64_t ranks, std::int64_t micro_batches) {
  std::int64_t group = ranks;
  while (group < micro_batches && micro_batches % group != 0 && micro_batches % group < ranks) ++group;
  return group;
}

Program interleaved(std::int32_t stages, std::int32_t micro_batches, std::int32_t virtual_stages) {
  Program program = straight_pipeline(stages, micro_batches);
  const std::int32_t ranks = stages / virtual_stages;
  const auto group = static_cast<std::int32_t>(interleaved_group(ranks, micro_batches));
  program.ranks = ranks;
  program.per_rank.resize(static_cast<std::size_t>(ranks));
  for (std::int32_t stage = 0; stage < stages; ++stage)
    program.rank_of[0][static_cast<std::size_t>(stage)] = stage % ranks;
  const std::vector<Turn> turns = list_turns(micro_batches, virtual_stages, group);
  for (std::int32_t rank = 0; rank < ranks; ++rank) {
    auto& list = program.per_rank[static_cast<std::size_t>(rank)];
    list.reserve(turns.size() * 2);
    const auto ahead = std::min(
        static_cast<std::size_t>(2 * (ranks - 1 - rank) + (virtual_stages - 1) * group), turns.size());
    for (std::size_t i = 0; i < turns.size() + ahead; ++i) {
      if (i < turns.size()) list.push_back(forward(turns[i].chunk * ranks + rank, turns[i].micro_batch));
      if (i < ahead) continue;
      const Turn& back = turns[i - ahead];
      list.push_back(backward((virtual_stages - 1 - back.chunk) * ranks + rank, back.micro_batch));
    }
  }
  return program;
}

}  // namespace foretrain::plan::schedules
