#pragma once
// A named trace as the tables of spec/trace_tables.hpp hold one: time of every op in every round, the shares
// of it beside communication, and what was routed. From there on it does not matter whether a person or a
// rules file labelled the kernels.
//
//   wall: the sum of an op's kernels, or where they ran on several streams the time in which any of them ran
//   share beside: sum over its kernels of the time in which communication ran too / sum of their durations

#include <cstdint>

#include "calibrate/trace_names.hpp"
#include "spec/trace_tables.hpp"

namespace foretrain::calibrate {

struct ImportedPair {
  spec::TracedPair traced;             // only kernels that have a name
  std::int64_t communication_sms = 0;  // blocks of the largest exchange kernel; each holds an SM
};

// `local_experts`: routed experts whose weights the traced GPU holds; 0 for a layer without. `tokens`: of a
// micro-batch, where no grid tells them. Throws SpecError when a kernel is missing whose grid tells a size,
// when rounds differ in tokens, or when there is no round.
ImportedPair to_pair(const NamedTrace& named, const TraceRules& rules, std::int64_t local_experts,
                     std::optional<std::int64_t> tokens = std::nullopt);

}  // namespace foretrain::calibrate
