#pragma once
// What communication takes from kernels, measured against the law that prices it: a GEMM or attention loses
// the SMs that are held, a memory-bound kernel the bandwidth (hardware/kernel_cost.hpp). Compared is the
// slow-down, time beside over time alone of the same kernel and shape, so a curve's own error cancels but for
// the waves.

#include <cstdint>
#include <vector>

#include "calibrate/measured.hpp"
#include "hardware/gpu.hpp"

namespace foretrain::calibrate {

struct SlowDown {
  Family family{};
  std::int64_t sms_taken = 0;
  double hbm_taken = 0;  // mean
  std::size_t points = 0;
  double measured = 0, predicted = 0;  // factors of time, medians over the points
  double error = 0;                    // median of |predicted / measured - 1|
};

// A row for each family and condition (bandwidth to a twentieth), in that order. Points without the same
// kernel alone, or of families without a curve, are left out.
std::vector<SlowDown> compare_interference(const std::vector<Point>& points, const hardware::GpuSpec& gpu);

}  // namespace foretrain::calibrate
