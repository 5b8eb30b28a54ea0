#include "calibrate/fit_transfers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "calibrate/limits.hpp"
#include "calibrate/shapes.hpp"
#include "hardware/robust_fit.hpp"

namespace foretrain::calibrate {
namespace {

using hardware::Measurement;

constexpr std::array<const char*, 4> kinds{"copy_to_host", "copy_to_gpu", "copy_on_gpu", "send_recv"};
constexpr std::size_t least_sizes = 4;
constexpr double least_range = 4;

std::vector<Measurement> sizes_of(const std::vector<Point>& points, const std::string& kernel,
                                  std::string& contradiction) {
  std::vector<Point> rows;
  for (Point point : points) {
    if (!is_transfer(point) || point.kernel != kernel) continue;
    point.measured.kernel.family = Family::memset_copy;  // bytes and a fixed time, as any copy
    rows.push_back(std::move(point));
  }
  const Merged merged = merge_repeated(rows);
  contradiction = merged.contradiction;
  std::vector<Measurement> sizes;
  for (const Point& point : merged.points) sizes.push_back(point.measured);
  std::sort(sizes.begin(), sizes.end(),
            [](const auto& a, const auto& b) { return a.kernel.read < b.kernel.read; });
  return sizes;
}

void fit_line(TransferFit& fit, const std::vector<Measurement>& sizes, const hardware::GpuSpec& gpu) {
  if (sizes.size() < least_sizes) {
    fit.reason = fmt::format("{} sizes: a rate and a fixed time need {}", sizes.size(), least_sizes);
    return;
  }
  if (sizes.back().kernel.read < least_range * sizes.front().kernel.read) {
    fit.reason = "all sizes are about as large: a rate and a fixed time cannot be told apart";
    return;
  }
  for (const auto& [kernel, conditions, time] : sizes)
    if (kernel.read / time > gpu.hbm_bandwidth.value) {
      fit.reason = fmt::format("{:.6g} bytes in {:.2f} us are more than the memory's bandwidth",
                               kernel.read.base(), time.base() * 1e6);
      return;
    }
  std::vector<Measurement> fitted, held_out;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    (i % 2 == 0 || i + 1 == sizes.size() ? fitted : held_out).push_back(sizes[i]);
  const auto curve = hardware::fit_robust_bandwidth(fitted, gpu, {});
  fit.fitted_on = fitted.size();
  fit.rate = gpu.hbm_bandwidth.value * curve.bandwidth_fraction;
  fit.latency = curve.per_launch;
  fit.held_out = assess(held_out, with_curve(gpu, Family::memset_copy, curve));
  if (fit.held_out->median > worst_median)
    fit.reason = fmt::format("misses half of the held-out sizes by more than {:.0f} %", worst_median * 100);
}

}  // namespace

bool is_transfer(const Point& point) {
  return std::find(kinds.begin(), kinds.end(), point.kernel) != kinds.end() && !point.family;
}

std::vector<TransferFit> fit_transfers(const std::vector<Point>& points, const hardware::GpuSpec& gpu) {
  std::vector<TransferFit> fits;
  for (const char* kind : kinds) {
    TransferFit fit;
    fit.kernel = kind;
    const auto sizes = sizes_of(points, fit.kernel, fit.reason);
    if (sizes.empty()) continue;
    fit.points = sizes.size();
    if (fit.reason.empty()) fit_line(fit, sizes, gpu);
    fits.push_back(std::move(fit));
  }
  return fits;
}

}  // namespace foretrain::calibrate
