#pragma once
// The gap between dependent kernels of a stream, from the time that one launch of an empty kernel takes to
// the next behind a full queue (`queued_launch` of suite `launch`). Where kernels are measured beyond an
// empty one (calibrate/overhead.hpp), that time is the gap as a part means it: n kernels in a row take n
// times the gap and their own times. Without `empty_kernel` it would count the empty kernel twice, so there
// is no gap then.
//
// Nothing is held out of one row: its spread is the row's own, or the distance to a graph's nodes
// (`graph_launch`) where that is larger, at least 5 %. What the host spends (`host_launch`) is shown and in
// no part: a queue that runs empty is a matter of the program.

#include <optional>
#include <string>

#include "base/sourced.hpp"
#include "calibrate/measured.hpp"

namespace foretrain::calibrate {

struct LaunchFit {
  Seconds queued{}, graph{}, host{};    // as measured; 0: no such row
  std::optional<Sourced<Seconds>> gap;  // nothing: see reason
  std::string reason;
};

// Nothing where the results have no rows of suite `launch` but empty_kernel. Refused too: gaps below the 0.2
// us between a graph's kernels on any GPU so far, and above 20 us, where the host was late.
std::optional<LaunchFit> fit_launch(const Results& results);

}  // namespace foretrain::calibrate
