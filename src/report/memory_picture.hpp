#pragma once
// Memory through one step: the fullest moment of every pipeline rank, and what was in flight then, as a
// table; each rank's bytes against the time as a row of digits, as JSON points and as a picture (SVG). The
// text is of one page; JSON and picture hold every change.

#include <string>

#include "spec/scenario.hpp"
#include "study/memory_over_time.hpp"

namespace foretrain::report {

// Precondition of all: the step can run.
std::string memory_over_time_text(const spec::StageSpec& stage, const study::MemoryOverTime& memory);
std::string memory_over_time_json(const spec::Scenario& scenario, const spec::StageSpec& stage,
                                  const study::MemoryOverTime& memory);
std::string memory_over_time_svg(const spec::StageSpec& stage, const study::MemoryOverTime& memory);

// One digit a slice of the step, at the slice's fullest moment: tenths of `full`, rounded down, 9 for all of
// it;
// '*' where it is more than `limit`.
struct MemoryScale {
  Bytes full{}, limit{};
};
std::string memory_row(const cluster::MemoryCurve& curve, const MemoryScale& scale, sim::SimTime makespan,
                       int slices);

}  // namespace foretrain::report
