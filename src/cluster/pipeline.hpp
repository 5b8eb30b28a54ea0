#pragma once
// Runs stage programs in time: every rank is a cursor (an index into its list and a clock), every message
// between stages a delay. Chunk times are inputs, found by whoever knows kernels and links; nothing here
// invents one.
//
// A chunk starts when the rank is free, its inputs have arrived, the other lanes of its group are ready too,
// and (with sender_waits) its rank's last messages have left. A pair is one chunk: both inputs before, both
// outputs after. Not here: what happens inside a chunk, data-parallel tails, stragglers other than through
// chunk times.

#include <cstdint>
#include <vector>

#include "plan/schedule.hpp"
#include "sim/clock.hpp"

namespace foretrain::cluster {

// One activation or gradient from a stage to its neighbour; all of one size.
struct P2p {
  sim::Ticks latency{};       // after the last byte has left
  sim::Ticks wire{};          // one message alone on the sender's port
  bool sender_waits = false;  // a rank's next chunk waits until its own messages have left, as in the
                              // open-source DualPipe, which commits and waits its sends between chunks
  bool port_shared = true;    // messages leaving one rank together share its port fairly (two take twice as
                              // long); false: each has a port of its own
};

// How many GPUs a pipeline rank stands for, each simulated with its own cursor, port and messages. The lanes
// of a group start every chunk together: they exchange tokens inside it. {1, 1}: folded, one GPU stands for
// all.
struct Lanes {
  int groups = 1;
  int lanes_per_group = 1;
};

// [group][rank][instruction]; one entry stands for all groups.
using ChunkTimes = std::vector<std::vector<std::vector<sim::Ticks>>>;

struct Span {
  std::int32_t instruction = 0;  // its place in the rank's list
  sim::SimTime start{}, end{};
};

struct Message {
  std::int32_t from = 0, to = 0;  // ranks
  std::int32_t stage = 0;         // the stage that made it
  std::int32_t micro_batch = 0;
  bool is_gradient = false;
  sim::SimTime start{}, end{};  // until it has arrived
};

struct Timeline {
  std::vector<std::vector<std::vector<Span>>> spans;  // [group * lanes_per_group + lane][rank], in time order
  std::vector<Message> messages;                      // of the first lane, in the order they left
  std::uint64_t messages_sent = 0, messages_received = 0;  // of all lanes
  sim::SimTime makespan{};                                 // when the last chunk ends
  std::uint64_t events = 0, fingerprint = 0;               // of the engine
};

// Precondition: plan::verify(program) is empty (a program that cannot end aborts, naming rank and
// instruction).
Timeline simulate(const plan::Program& program, const ChunkTimes& times, const P2p& p2p,
                  const Lanes& lanes = {});

}  // namespace foretrain::cluster
