#pragma once
// Which op every kernel of a trace is: the block that it was launched in, the round of that block (one layer
// of the chunk each), and the first rule that fits its name.

#include <string>
#include <vector>

#include "calibrate/trace_events.hpp"
#include "calibrate/trace_rules.hpp"

namespace foretrain::calibrate {

struct NamedEvent {
  const GpuEvent* event = nullptr;
  const BlockRules* block = nullptr;  // nullptr: outside every block
  std::size_t round = 0;
  std::string op, op_class;  // empty: no rule names it
};

struct NamedTrace {
  std::vector<NamedEvent> events;    // in the order of their launches
  std::vector<std::string> reasons;  // why kernels have no name, each once
  Seconds named{}, unnamed{};        // sums of durations
  std::size_t rounds = 0;            // of the block that came most often
};

// The result points into both arguments.
NamedTrace name_kernels(const Trace& trace, const TraceRules& rules);

}  // namespace foretrain::calibrate
