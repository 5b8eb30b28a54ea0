#pragma once
// What `foretrain import-trace` prints: time by class and by block, what was routed, what has no name.

#include <string>

#include "calibrate/trace_pair.hpp"
#include "calibrate/trace_points.hpp"

namespace foretrain::cli {

struct ImportedTrace {
  const calibrate::Trace& trace;
  const calibrate::TraceRules& rules;
  const calibrate::NamedTrace& named;
};

std::string to_text(const ImportedTrace& imported);  // the trace, its classes and blocks, the nameless
std::string to_text(const calibrate::ImportedPair& pair, const calibrate::TraceRules& rules);  // its rounds
std::string ops_text(const spec::TracedPair& traced);        // every op's time by round
std::string to_text(const calibrate::TracedPoints& points);  // by family, and what one side lacks

}  // namespace foretrain::cli
