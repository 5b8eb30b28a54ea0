#pragma once
// Experiments on one step: causes switched off one at a time, uncertain inputs moved by one standard
// deviation. Routing draws keep their seeds, so a difference is the effect of the change alone. Cost: one
// step each.

#include <cstdint>
#include <vector>

#include "cluster/step.hpp"
#include "study/outcome.hpp"
#include "study/stage.hpp"

namespace foretrain::study {

// Each cause's share: step time minus the step without it. Shares need not add up to the step: causes hide
// one another.
std::vector<Cause> find_causes(const SteadyStep& base);

// First-order propagation: the spreads of independent inputs times the step's response to each, added in
// quadrature; a normal interval at 90 %. Holds while responses are near linear, which they are for spreads of
// some percents. What no input's spread covers (missing physics) is outside the interval.
Interval find_interval(const SteadyStep& full);

}  // namespace foretrain::study
