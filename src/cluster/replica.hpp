#pragma once
// All GPUs of one replica at work through a whole step: those of one expert group (or of one group that
// shares parameters) on every pipeline rank. They meet inside chunks, one barrier object a group, and send
// one another activations and gradients; with the GPUs of other replicas they meet only at the end of the
// step. Each runs its own program, segment by segment (streams.hpp) and chunk by chunk (flow.hpp).
//
// A GPU starts a chunk when its own inputs have arrived and its streams are empty, not when its group is
// ready: the first barrier inside the chunk makes the early ones wait. Where GPUs are alike that is the same
// to the nanosecond as a pipeline of chunks with given durations.
//
// A lane is one GPU on each pipeline rank, or several such lanes that nothing tells apart (`count`). Left
// out: contention of different replicas on spine ports.
//
// Cost: one or two events a segment and GPU; 0.2 KiB a GPU of state, 24 bytes for each of its chunks, 24 for
// each routed layer and micro-batch of its rank where routing is uneven, and with `record` 16 bytes a
// segment.

#include <cstdint>
#include <vector>

#include "cluster/breakdown.hpp"
#include "cluster/pipeline.hpp"
#include "cluster/stream_plan.hpp"

namespace foretrain::cluster {

// What tells one GPU from another.
struct GpuTraits {
  double slowness = 0;          // relative excess of the kernel time that SMs bind
  double nic = 1, nvlink = 1;   // share of its rate that each keeps
  double inter = 1, intra = 1;  // factors on the hops of its exchanges at balanced load
  friend auto operator<=>(const GpuTraits&, const GpuTraits&) = default;
};

// What routing did to one GPU in one layer of one micro-batch, relative to the mean.
struct RoutedLoad {
  double rows = 1, inter = 1, intra = 1;  // rows of its experts; factors on both hops
};

struct StepPlan {  // what all replicas share
  const plan::Program* program = nullptr;
  std::vector<StreamPlan> kinds;
  std::vector<std::vector<std::uint16_t>> kind_of;  // [rank][instruction]
  P2p p2p;
  bool over_nics = true;     // messages between stages leave the node
  std::int32_t layers = 0;   // of a stage, at most, that exchange tokens
  double kernel_jitter = 0;  // relative standard deviation of a compute step
  std::int32_t meeting = 1;  // GPUs behind a lane that meet at its collectives: the longest draw counts
  std::vector<double> attention_loads;  // of micro-batches (ChunkInputs): each draws one
  std::int32_t sharing = 1;             // lanes that hold the same sequences
  std::uint64_t seed = 1;
};

struct ReplicaWork {
  std::int32_t number = 0;           // names its random streams
  std::vector<std::uint32_t> count;  // [lane]
  std::vector<std::uint32_t> lane;   // [lane] the number of the first that it stands for
  std::vector<std::uint32_t> group;  // [lane] of tokens, ascending
  std::vector<GpuTraits> gpus;       // [lane * ranks + rank]
  std::vector<RoutedLoad> loads;  // [((stage * micro_batches + micro_batch) * layers + layer) * lanes + lane]
};

// Who let an exchange start: the last to arrive at its barrier.
struct BarrierRecord {
  std::uint32_t last = 0;  // cursor: lane * ranks + rank
  sim::SimTime arrived{};
};
struct StepRecord {
  sim::SimTime start{}, end{};
};
struct ExchangeRecord {
  sim::SimTime start{}, end{};
  std::uint32_t barrier = 0;  // its place in `barriers`
};
// What a chunk waited for last.
enum class ChunkStart : std::uint8_t { at_once, previous, activation, gradient, sends };
struct ReplicaRecord {
  std::vector<std::vector<ChunkStart>> starts;         // [cursor][instruction]
  std::vector<std::vector<StepRecord>> computes;       // [cursor], in stream order through the whole step
  std::vector<std::vector<ExchangeRecord>> exchanges;  // likewise
  std::vector<BarrierRecord> barriers;
};

struct ReplicaResult {
  Timeline timeline;            // [lane][rank]; messages are counted only
  std::vector<Breakdown> rows;  // [cursor], without bubble and optimizer
  ReplicaRecord record;         // when asked for
  std::uint64_t bytes = 0;      // of state and results, record and agenda left out
};

ReplicaResult simulate_replica(const StepPlan& plan, const ReplicaWork& work, bool record = false);

}  // namespace foretrain::cluster
