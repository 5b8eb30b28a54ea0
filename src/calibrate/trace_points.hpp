#pragma once
// Traced ops as measurements that curves are fitted to (hardware/fit.hpp): times from the trace, work and
// bytes from the model's op list for what was routed to the GPU in that round.
//
// Communication holds its SMs for the whole pair: persistent kernels launch that many blocks fewer whether or
// not it runs. It draws HBM bandwidth only while an exchange runs. Kernels launched as one block for each
// room on the chip lose SMs only while a communication kernel is there, so a measurement says whether one
// was, for most of its time.
//
// One measurement an op and round. Kernels of one name in a block are one op, in the trace and in the list.
// Left out: ops shorter than the trace's resolution, and communication, which has no shape here.

#include <string>
#include <vector>

#include "calibrate/measured.hpp"
#include "calibrate/trace_events.hpp"
#include "calibrate/trace_rules.hpp"
#include "hardware/fit.hpp"
#include "model/transformer.hpp"
#include "spec/trace_tables.hpp"

namespace foretrain::calibrate {

struct TracedPoint {
  std::string block, op;
  std::size_t round = 0;
  hardware::Measurement measured;
};

struct TracedPoints {
  std::vector<TracedPoint> points;                    // by round, then in launch order
  std::vector<std::string> only_traced, only_listed;  // "block: op" that one side lacks
};

// `sequence`: tokens that attention spans. `rounds`: which; all of them if empty.
TracedPoints list_points(const spec::TracedPair& traced, const TraceRules& rules,
                         const model::TransformerSpec& model, std::int64_t sequence,
                         std::int64_t communication_sms, const std::vector<std::size_t>& rounds = {});

// The same as a result file holds them: suite "trace round 0", kernel "attn(F) q_b_proj", one sample each.
Results to_results(const Trace& trace, const TracedPoints& points, State state);

}  // namespace foretrain::calibrate
