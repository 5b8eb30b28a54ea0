#pragma once
// A chunk made ready to run: its segments split by stream, each with what it waits for and what it costs, so
// that a GPU needs no more than two positions to know where it is.
//
// A stream runs in order, so that "segment n has ended" is "its stream has come further than n": what a
// segment needs becomes one position on either stream. Points into the GroupWork that it was made from.
//
// Ops stay exact: a block's time is the sum of its ops' prices, and an op lies in its block where the prefix
// sum of the prices before it says, stretched alike by whatever stretched the block (report/trace_ops.hpp).

#include <cstdint>
#include <vector>

#include "cluster/group.hpp"

namespace foretrain::cluster {

struct StreamStep {
  const Segment* segment = nullptr;
  std::uint16_t index = 0;                    // of the segment in its chunk
  std::uint16_t computes = 0, exchanges = 0;  // of each stream that must have ended before it
  std::uint16_t layer = 0;                    // of the units of its side that exchange tokens, which one
  bool routed = false;                        // its unit exchanges tokens
  // Of a compute step:
  const BlockCurve* curve = nullptr;
  BlockTime balanced{};  // with the mean number of rows
  // Of an exchange: at balanced load; of parameters, `inter_node` is all of it.
  ExchangeTime time{};
  bool of_tokens = false;
};

struct StreamPlan {
  std::vector<StreamStep> computes, exchanges;  // in stream order
  double mean_rows = 0;
  Seconds barrier{};
};

StreamPlan plan_streams(const GroupWork& work);

// What makes one GPU's block longer than the mean GPU's at balanced load.
struct BlockFactors {
  double load = 1;       // rows relative to the mean
  double jitter = 1;     // on everything but waits for collectives
  double slowness = 0;   // relative excess of what SMs bind
  double nvlink = 1;     // share of its rate, in collectives between blocks' kernels
  double attention = 1;  // pairs that attention computes relative to the mean
};
BlockTime block_time(const StreamPlan& plan, const StreamStep& step, const BlockFactors& factors);

}  // namespace foretrain::cluster
