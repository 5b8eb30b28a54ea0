#pragma once
// The parts of `why`, used by why.cpp.

#include <string>

#include "report/inside.hpp"
#include "report/rows.hpp"

namespace foretrain::report {

struct Question {
  const study::Outcome& outcome;
  const spec::Scenario& scenario;
  const study::StageOutcome& stage;
  const Inside& inside;
};

// How one kind of chunk fills a row, over all ranks.
struct ChunkUse {
  cluster::ChunkKey key;
  std::int64_t count = 0;
  Seconds in_row{};   // the part that the row books, summed over ranks
  Seconds exposed{};  // of the whole chunks
};

// What a row books of each chunk kind, the largest first. `row` is forward, backward, weight or overlapped.
std::vector<ChunkUse> list_uses(const Question& q, std::string_view row);

std::string chunk_name(const cluster::ChunkKey& key);        // "overlapped pair, F of a, B of c"
std::string kinds_legend(const cluster::ChunkPools& pools);  // which stages the letters stand for

std::string why_chunks(const Question& q, const Row& row);  // ranks, chunk kinds, segments, kernels, curves
std::string why_kernels(const Question& q, const cluster::ChunkKey& key, const ChunkInside& chunk,
                        std::string_view row);
std::string why_bubble(const Question& q);
std::string why_exposed(const Question& q);
std::string why_optimizer(const Question& q);
std::string why_exchanges(const Question& q);  // their times at balance and the links behind them

// Whether a block's time is booked in a row when its chunk is a full backward.
bool is_weight(cluster::BlockKind kind);
bool in_row(const cluster::ChunkKey& key, cluster::BlockKind kind, std::string_view row);

}  // namespace foretrain::report
