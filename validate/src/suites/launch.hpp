#pragma once
// The suite launch: what an empty kernel costs between two events, from one queued launch to the next, from
// one node of a graph to the next, and the host. Nothing to check in a kernel that does nothing.

#include "device/sampler.hpp"
#include "row.hpp"

namespace foretrain::bench {

void measure_launch(Row& row, Sampler& sampler);

}  // namespace foretrain::bench
