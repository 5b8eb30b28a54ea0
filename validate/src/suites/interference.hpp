#pragma once
// The suite interference: a GEMM while a copy holds some SMs and a share of the memory's bandwidth, as
// communication does in an overlapped step. The GEMM is told how many SMs are left. hbm_taken is what the
// copy moved while the GEMM was measured, over the peak bandwidth, not what it aimed at.

#include "device/sampler.hpp"
#include "row.hpp"

namespace foretrain::bench {

void measure_interference(Row& row, Sampler& sampler);

}  // namespace foretrain::bench
