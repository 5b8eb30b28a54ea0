#pragma once
// The suite grouped: FP8 products of a mixture's experts by our own kernel (kernels/grouped.hpp), and beside
// each the dense product of the same size by cuBLASLt. Kernels named _uneven have groups of sizes drawn from
// a seed (grouped_tiles.hpp); rows of a file do not say which, so no curve is fitted to them.

#include "device/sampler.hpp"
#include "row.hpp"

namespace foretrain::bench {

void measure_grouped(Row& row, Sampler& sampler);

}  // namespace foretrain::bench
