#include "calibrate/assess.hpp"

#include <cmath>

#include "base/check.hpp"
#include "base/stats.hpp"
#include "hardware/kernel_cost.hpp"

namespace foretrain::calibrate {

Seconds predict(const hardware::Measurement& point, const hardware::GpuSpec& gpu) {
  return hardware::price(point.kernel, hardware::at_full_clock(gpu), point.conditions).busy;
}

Assessment assess(const std::vector<hardware::Measurement>& points, const hardware::GpuSpec& gpu) {
  check(!points.empty(), "nothing to judge");
  const auto full_clock = hardware::at_full_clock(gpu);
  std::vector<double> errors;
  double predicted = 0, measured = 0;
  for (const auto& point : points) {
    const double p = hardware::price(point.kernel, full_clock, point.conditions).busy.base();
    errors.push_back(std::abs(p / point.time.base() - 1));
    predicted += p;
    measured += point.time.base();
  }
  return {points.size(), quantile(errors, 0.5), quantile(errors, 0.9), predicted / measured - 1,
          mean(errors)};
}

bool has_curve(const hardware::GpuSpec& gpu, Family family) {
  return gpu.curves[static_cast<std::size_t>(family)].has_value();
}

bool can_price(const Kernel& kernel, const hardware::GpuSpec& gpu) {
  const auto& curve = gpu.curves[static_cast<std::size_t>(kernel.family)];
  return curve &&
         (curve->kind == hardware::Curve::Kind::bandwidth || hardware::peak(gpu, kernel.dtype).base() > 0);
}

hardware::GpuSpec with_curve(hardware::GpuSpec gpu, Family family, hardware::Curve curve) {
  const auto index = static_cast<std::size_t>(family);
  if (gpu.independent_curves[index]) gpu.independent_curves[index] = curve;
  gpu.curves[index] = std::move(curve);
  return gpu;
}

hardware::GpuSpec with_grid(hardware::GpuSpec gpu, Family family, hardware::Curve curve,
                            hardware::GemmGrid grid) {
  curve.grid = gpu.grids.size();
  gpu.grids.push_back(std::move(grid));
  return with_curve(std::move(gpu), family, std::move(curve));
}

}  // namespace foretrain::calibrate
