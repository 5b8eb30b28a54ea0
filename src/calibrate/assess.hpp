#pragma once
// How far predictions lie from measured points, as people ask: the middle, the tail and the sum.

#include <vector>

#include "calibrate/measured.hpp"
#include "hardware/gpu.hpp"

namespace foretrain::calibrate {

struct Assessment {
  std::size_t points = 0;
  double median = 0, p90 = 0;  // of |predicted - measured| / measured
  double bias = 0;             // of the sums, with its sign
  double mean = 0;             // as median; one point in ten that is far off shows here
};

// The kernel's duration by the GPU's curves at the clock of a short benchmark, under the point's conditions.
// Precondition: `gpu` has a curve for the family.
Seconds predict(const hardware::Measurement& point, const hardware::GpuSpec& gpu);

Assessment assess(const std::vector<hardware::Measurement>& points, const hardware::GpuSpec& gpu);

bool has_curve(const hardware::GpuSpec& gpu, Family family);
// A table, a grid and tiles need a peak in the kernel's precision too.
bool can_price(const Kernel& kernel, const hardware::GpuSpec& gpu);

// The same GPU with this curve for the family, wherever prices are asked for.
hardware::GpuSpec with_curve(hardware::GpuSpec gpu, Family family, hardware::Curve curve);
hardware::GpuSpec with_grid(hardware::GpuSpec gpu, Family family, hardware::Curve curve,
                            hardware::GemmGrid grid);

}  // namespace foretrain::calibrate
