#pragma once
// A stage's step as trace events that Perfetto and chrome://tracing open (the "Trace Event Format" of
// Chromium's catapult project): one process a pipeline rank, threads for its compute stream, its
// communication stream and the messages it sends. Chunks everywhere; on one rank in the middle of the
// pipeline, every chunk of three micro-batches in the middle of the step is opened up to segments, exchanges
// and ops.
//
// Inside an opened chunk times are those of a balanced draw, scaled to the chunk's own length. Not here:
// other GPUs than the first of each rank, other steps.

#include <string>

#include "report/inside.hpp"
#include "study/outcome.hpp"

namespace foretrain::report {

struct TraceOptions {
  std::size_t most_bytes = 50'000'000;  // later chunks are left out beyond; otherData says how many
  std::int32_t opened = 3;              // micro-batches shown op by op
};

std::string to_trace(const study::StageOutcome& stage, const Inside& inside,
                     const TraceOptions& options = {});

}  // namespace foretrain::report
