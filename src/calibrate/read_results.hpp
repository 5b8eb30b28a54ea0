#pragma once
// Result files of `foretrain-bench`, format 1: lines "# key: value" about the device, a line of column names,
// one row a kernel and shape. Every mistake is told with its line, one a row; nothing is guessed but what
// stands empty, which is 0 or unknown (groups, launches and ranks: 1).
//
// A file says itself how far it may be trusted (State). Several files count as one when they are of one
// device.

#include <string>
#include <vector>

#include "calibrate/measured.hpp"

namespace foretrain::calibrate {

// Throws SpecError with every mistake in all of the files.
std::vector<Results> read_results(const std::vector<std::string>& paths);

// One result of several: device name, SM count and power limit must agree (SpecError), the state is that of
// the least trusted file; names of files (without their folders), dates and versions are listed.
// Precondition: at least one.
Results join(const std::vector<Results>& all);

}  // namespace foretrain::calibrate
