#pragma once
// Whether the GPU can run what the plan asks of it: a peak for the precision, a curve for every family of
// kernels.

#include "spec/context.hpp"
#include "spec/scenario.hpp"

namespace foretrain::spec {

void check_gpu(Context& context, const Scenario& scenario);

}  // namespace foretrain::spec
