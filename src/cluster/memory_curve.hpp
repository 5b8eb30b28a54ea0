#pragma once
// The bytes in use on one pipeline rank against the time of a step: activations of a micro-batch's stage are
// there from the start of its F to the end of its B or W on the timeline; all else (weights, gradients,
// optimizer, buffers, temporaries, reserve) is held throughout, as an allocator that keeps its blocks does.
// The peak is the plan's own total (plan::memory_of_rank), met at a time.
//
// Left out: activations that grow and shrink inside a chunk, temporaries that come and go.
//
// Cost: two points for each chunk of the rank, each the sum over the units that the rank holds.

#include <cstdint>
#include <vector>

#include "cluster/pipeline.hpp"
#include "plan/memory.hpp"

namespace foretrain::cluster {

struct MemoryPoint {
  sim::SimTime at{};
  Bytes used{};              // from here to the next point
  double micro_batches = 0;  // in flight, those of all stages of the rank
};

struct MemoryCurve {
  std::vector<MemoryPoint> points;    // in time order, the first at 0; several at one time in their order
  std::size_t peak = 0;               // the first point that uses most
  std::vector<plan::StageLoad> held;  // in flight then
};

// Precondition: `spans` are the rank's on a timeline of this program, `units` what its memory report was made
// of.
MemoryCurve memory_curve(const plan::Program& program, std::size_t rank, const std::vector<Span>& spans,
                         const plan::PlanSpec& plan, const std::vector<plan::UnitMemory>& units,
                         const plan::MemoryReport& report);

}  // namespace foretrain::cluster
