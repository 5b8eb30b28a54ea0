#pragma once
// One expert-parallel group at work: all its GPUs run the same chunk, each with the rows that routing sent to
// it, on two streams, with a barrier of the whole group before every exchange. This is where the time of an
// overlapped pair and the cost of routing imbalance come from; neither is an input.
//
// Repetitions are chained: a GPU begins the next chunk when its own streams are done, so a late GPU delays
// the others only through the barriers. SMs and HBM are shared dynamically: a compute segment slows down
// while a barrier waits or an exchange runs on its GPU and recovers when it ends. Left out: contention
// between groups (dedicated rails).
//
// Cost: one event a segment and GPU, about one more for each change of rate.

#include <array>
#include <cstdint>
#include <vector>

#include "cluster/blocks.hpp"
#include "cluster/segments.hpp"
#include "sim/clock.hpp"

namespace foretrain::cluster {

// One exchange at balanced load; the two hops pipeline, so the slower one counts.
struct ExchangeTime {
  Seconds inter_node, intra_node;  // scaled by the load of the node and of the GPU
};

// What routing did in one layer of one micro-batch: load of each GPU and of its node relative to the mean.
struct RoutingDraw {
  std::vector<double> gpu_load, node_load;  // [rank]
};

struct GroupWork {
  ChunkSegments chunk;
  std::vector<UnitTimes> forward, backward;  // by unit, forward order
  std::array<ExchangeTime, exchange_kinds> exchange{};
  // Of a unit's sharded parameters and of its gradients, by model::Unit; empty: parameters are not sharded.
  std::vector<Seconds> gather, scatter;
  Seconds barrier{};     // fixed time of the notify that precedes an exchange of tokens
  double mean_rows = 0;  // routed rows of a GPU at balance
  std::int32_t ranks = 1;
  std::vector<RoutingDraw> draws;  // [repetition * chunk.draws + draw]; empty: balanced
  std::vector<double>
      jitter;  // factor on compute [(repetition * ranks + rank) * segments + segment]; empty: 1
  // Pairs that attention computes relative to the mean [(repetition * ranks + rank) * 2 + side], the forward
  // side first; empty: 1.
  std::vector<double> attention;
  std::vector<double> slowness;  // of each GPU: relative excess of its SM-bound kernel time; empty: none
  std::int32_t repetitions = 1;
};

struct ChunkSample {
  sim::Ticks duration{};    // growth of the time at which the whole group is done
  sim::Ticks compute{};     // compute-stream busy time, mean over the group's GPUs
  sim::Ticks weight{};      // of it, weight-gradient blocks
  sim::Ticks collective{};  // of `compute`, waiting for collectives of tensor and context parallelism
  sim::Ticks exchange{};    // transfers of the communication stream, mean over GPUs, hidden or not
  sim::Ticks longer{};      // growth of the duration for a group with a slow GPU (chunks.hpp); not set here
};

struct SegmentSpan {
  std::int32_t repetition = 0, segment = 0;
  sim::SimTime start{}, end{};
};

struct GroupResult {
  std::vector<ChunkSample> samples;  // one a repetition
  std::vector<SegmentSpan> spans;    // of rank 0, when asked for
  std::uint64_t events = 0, fingerprint = 0;
};

GroupResult simulate_group(const GroupWork& work, bool keep_spans = false);

}  // namespace foretrain::cluster
