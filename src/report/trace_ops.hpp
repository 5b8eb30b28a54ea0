#pragma once
// One chunk of a trace opened up: its segments on both streams and, inside the computing ones, their ops.
// Used by trace.cpp.

#include <vector>

#include "report/inside.hpp"
#include "report/trace_events.hpp"

namespace foretrain::report {

// An event whose texts it owns.
struct OpenedEvent {
  std::string name, category, detail;
  sim::SimTime start{}, end{};
  Thread thread = Thread::compute;
};

// The chunk's own span is [start, end]; its inside is scaled to that. Every event lies within the one that
// holds it.
std::vector<OpenedEvent> open_chunk(const Inside& inside, const cluster::ChunkKey& key, sim::SimTime start,
                                    sim::SimTime end);

}  // namespace foretrain::report
