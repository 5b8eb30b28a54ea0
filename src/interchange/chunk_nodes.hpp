#pragma once
// What a chunk of a program becomes: one node, or its segments on two streams, or those opened up to ops. A
// kind of chunk is listed once as a template; every chunk of the kind is the template stretched to that
// chunk's own length.
//
// Inside a chunk, segments lie as they ran on one GPU at the first routing draw. A node's duration counts
// from the moment at which all it needs has ended (of an exchange: the barrier before it and the wait for
// others included), so that whoever runs the nodes in the order of their needs finds the chunk's own length,
// to the nanosecond. Where a block computes beside an exchange its time is the longer one that this takes.
//
// Left out: the collectives of tensor and context parallelism above the level of ops (part of the compute
// time); at the level of ops those of context parallelism.

#include <array>
#include <vector>

#include "cluster/step.hpp"
#include "interchange/workload.hpp"

namespace foretrain::interchange {

// What a step was made of. All of it must outlive what is made from it.
struct Simulated {
  const cluster::StepSpec* spec = nullptr;
  const cluster::Prepared* prepared = nullptr;
  const cluster::ChunkPools* pools = nullptr;
  const cluster::StepResult* step = nullptr;
};

enum class Level : std::uint8_t { chunk, segment, op };

// Which GPUs of a pipeline rank meet in a collective inside a chunk.
enum class Meeting : std::uint8_t { none, experts, expert_tensor, tensor, shards };

struct ChunkTemplate {
  struct Segment {
    double end = 1;                    // of the chunk's length
    std::vector<std::uint32_t> needs;  // segments; none: starts with the chunk
    std::uint32_t last = 0;            // its last piece
  };
  struct Piece {
    Node node;  // without needs and times
    Meeting meeting = Meeting::none;
    std::uint32_t segment = 0;
    double end = 1;  // of its segment's length
  };
  std::vector<Segment> segments;
  std::vector<Piece> pieces;               // of one segment after the other, each chained to the one before
  std::vector<std::uint32_t> last_pieces;  // when these have ended, so has the chunk
};

ChunkTemplate list_chunk(const Simulated& simulated, const cluster::ChunkKey& key, Level level);

// By Meeting, the group of one rank; `alone` where it would meet nobody, as when ranks are folded.
inline constexpr std::uint32_t alone = 0xffffffff;
using MeetingGroups = std::array<std::uint32_t, 5>;

// Appends the chunk's nodes to a rank's list, those that start with the chunk needing `starts`, and returns
// the places of its last nodes. A collective that is alone becomes a compute node of its time.
std::vector<std::uint32_t> add_chunk(const ChunkTemplate& chunk, sim::Ticks length,
                                     const std::vector<std::uint32_t>& starts, const MeetingGroups& groups,
                                     std::vector<Node>& nodes);

// A collective as it stands in a list: as compute where it is alone.
void settle(Node& node, std::uint32_t group);

}  // namespace foretrain::interchange
