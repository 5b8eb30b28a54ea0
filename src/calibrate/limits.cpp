#include "calibrate/limits.hpp"

#include <fmt/format.h>

#include "base/stats.hpp"
#include "calibrate/families.hpp"
#include "calibrate/shapes.hpp"
#include "hardware/kernel_cost.hpp"

namespace foretrain::calibrate {
namespace {

constexpr double memory_bound = 0.8;     // of the time: see fit_family.hpp
constexpr std::size_t least_memory = 3;  // a median of fewer follows its worst point

// GEMMs are priced by their product; what padding adds is time lost.
Flops asked_of(const Kernel& kernel) {
  if (work_of(kernel.family) != Work::gemm) return kernel.work;
  return flops(2.0 * static_cast<double>(kernel.m) * static_cast<double>(kernel.n) *
               static_cast<double>(kernel.k));
}

std::string beyond(const Point& point, double share, const char* of) {
  return fmt::format("{} in {:.2f} us ({}) would be {:.0f} % of the {}", describe(point.measured.kernel),
                     point.measured.time.base() * 1e6, place_of(point), share * 100, of);
}

}  // namespace

double share_of_peak(const hardware::Measurement& point, const hardware::GpuSpec& gpu) {
  const auto sms = static_cast<double>(gpu.sms.value);
  const double left = (sms - static_cast<double>(point.conditions.sms_taken)) / sms;
  return asked_of(point.kernel) / (hardware::peak(gpu, point.kernel.dtype) * left * point.time);
}

double share_of_bandwidth(const hardware::Measurement& point, const hardware::GpuSpec& gpu) {
  return (point.kernel.read + point.kernel.written) / (gpu.hbm_bandwidth.value * point.time);
}

std::string impossible(const std::vector<Point>& points, const hardware::GpuSpec& gpu) {
  for (const Point& point : points) {
    const Kernel& kernel = point.measured.kernel;
    const double bandwidth = share_of_bandwidth(point.measured, gpu);
    if (bandwidth > 1) return beyond(point, bandwidth, "memory bandwidth");
    if (work_of(kernel.family) == Work::memory) continue;
    if (kernel.dtype != points.front().measured.kernel.dtype) return "points of different precisions";
    if (hardware::peak(gpu, kernel.dtype).base() <= 0)
      return fmt::format("{} states no peak in this precision", gpu.name);
    const double peak = share_of_peak(point.measured, gpu);
    if (peak > 1) return beyond(point, peak, "peak");
  }
  return {};
}

Sides take_apart(const std::vector<hardware::Measurement>& points, const hardware::GpuSpec& gpu) {
  Sides sides;
  std::vector<double> rates;
  for (const auto& point : points) {
    const auto& curve = gpu.curves[static_cast<std::size_t>(point.kernel.family)];
    sides.bandwidth = curve ? curve->bandwidth_fraction : 1.0;
    const double rate = share_of_bandwidth(point, gpu) / (1 - point.conditions.hbm_taken);
    if (rate <= memory_bound * sides.bandwidth) {
      sides.compute.push_back(point);
    } else {
      sides.memory.push_back(point);
      rates.push_back(rate);
    }
  }
  if (rates.size() >= least_memory) sides.bandwidth = quantile(rates, 0.5);
  return sides;
}

}  // namespace foretrain::calibrate
