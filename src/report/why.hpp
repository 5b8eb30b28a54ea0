#pragma once
// Any second of the report traced to its origin: a row of the step to the chunks that fill it, a chunk to its
// segments, a segment to families of ops, a family to the row of the part file that prices it and that row's
// source.
//
// Inside a chunk times are those of one routing draw; counts and sums over the step are those of the step
// itself.

#include <string>
#include <vector>

#include "spec/scenario.hpp"
#include "study/outcome.hpp"

namespace foretrain::report {

// The rows that can be asked for: the six of the breakdown, exposed_communication and step.
std::vector<std::string> why_rows();

// Precondition: `row` is one of why_rows(), `outcome` is feasible and has the stage of this index.
std::string why_text(const study::Outcome& outcome, const spec::Scenario& scenario, std::size_t stage,
                     const std::string& row);

}  // namespace foretrain::report
