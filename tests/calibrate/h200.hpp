#pragma once
// The GPU whose made-up measurements the tests of calibration read.

#include <string>

#include "calibrate/measured.hpp"
#include "catch.hpp"
#include "hardware/gpu.hpp"
#include "spec/load.hpp"

namespace foretrain::testing {

inline const std::string h200_path = FORETRAIN_ROOT "/topologies/parts/h200.yaml";

inline const hardware::GpuSpec& h200() {
  static const auto gpu = spec::load_gpu(h200_path);
  return gpu;
}

// The first row of a kernel, to be changed.
inline calibrate::Point& row(calibrate::Results& results, const std::string& kernel) {
  for (auto& point : results.points)
    if (point.kernel == kernel) return point;
  FAIL("no row " << kernel);
  return results.points.front();
}

}  // namespace foretrain::testing
