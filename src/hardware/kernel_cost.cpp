#include "hardware/kernel_cost.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace foretrain::hardware {

namespace {

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

bool splits_k(Family family) {
  return family == Family::wgrad_fp8 || family == Family::grouped_wgrad_fp8;
}

const Curve* curve_of(Family family, const GpuSpec& gpu, Sources sources) {
  const auto index = static_cast<std::size_t>(family);
  const auto& other = gpu.independent_curves[index];
  if (other && sources != Sources::any && (sources == Sources::bounds || !other->bound)) return &*other;
  return gpu.curves[index] ? &*gpu.curves[index] : nullptr;
}

Seconds compute_time(const Kernel& kernel, const Curve& curve, const GpuSpec& gpu, std::int64_t sms_available,
                     Sources sources) {
  const double sms = static_cast<double>(gpu.sms.value);
  const FlopRate rate = peak(gpu, kernel.dtype);
  if (curve.kind == Curve::Kind::tile) {
    const auto waves = count_waves(count_tiles(kernel, curve.tile_m, curve.tile_n), sms_available);
    const Flops tile =
        flops(2.0 * static_cast<double>(curve.tile_m * curve.tile_n) * main_loop_length(kernel));
    const bool burst = curve.fitted_on.empty() && sources == Sources::any;  // the derate is of the trace too
    return static_cast<double>(waves) * (tile / (rate / sms * curve.efficiency) + curve.tile_overhead) /
           (burst ? gpu.sustained_rate.value : 1.0);
  }
  if (curve.kind == Curve::Kind::table) {
    const double efficiency = interpolate(curve.at, curve.efficiencies, table_size(kernel));
    return kernel.work / (rate * efficiency * (static_cast<double>(sms_available) / sms));
  }
  return {};
}

}  // namespace

FlopRate peak(const GpuSpec& gpu, DType dtype) {
  return dtype == DType::fp8    ? gpu.peak_fp8.value
         : dtype == DType::bf16 ? gpu.peak_bf16.value
                                : gpu.peak_fp32.value;
}

std::int64_t count_tiles(const Kernel& kernel, std::int64_t tile_m, std::int64_t tile_n) {
  const auto rows = splits_k(kernel.family) ? kernel.m : divide_up(kernel.m, kernel.groups);
  return kernel.groups * divide_up(rows, tile_m) * divide_up(kernel.n, tile_n);
}

std::int64_t count_waves(std::int64_t tiles, std::int64_t sms_available) {
  return divide_up(tiles, sms_available);
}

double main_loop_length(const Kernel& kernel) {
  const double k = static_cast<double>(kernel.k);
  return splits_k(kernel.family) ? k / static_cast<double>(kernel.groups) : k;
}

double table_size(const Kernel& kernel) {
  return 2.0 * static_cast<double>(kernel.k);
}

double interpolate(const std::vector<double>& at, const std::vector<double>& values, double size) {
  check(!at.empty() && at.size() == values.size(), "a table curve needs as many values as sizes");
  if (size <= at.front()) return values.front();
  if (size >= at.back()) return values.back();
  const auto right = static_cast<std::size_t>(std::upper_bound(at.begin(), at.end(), size) - at.begin());
  const double share = std::log(size / at[right - 1]) / std::log(at[right] / at[right - 1]);
  return values[right - 1] + share * (values[right] - values[right - 1]);
}

std::vector<Family> missing_curves(const GpuSpec& gpu) {
  std::vector<Family> missing;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Family::optimizer); ++i)
    if (!gpu.curves[i]) missing.push_back(static_cast<Family>(i));
  return missing;
}

std::int64_t count_grid_waves(const Curve& curve, const GpuSpec& gpu, std::int64_t sms_open) {
  return curve.whole_chip ? divide_up(gpu.sms.value, sms_open) : 1;
}

KernelPrice price(const Kernel& kernel, const GpuSpec& gpu, const Conditions& conditions) {
  const Curve* curve = curve_of(kernel.family, gpu, conditions.sources);
  check(curve != nullptr, "the GPU has no curve for this kernel family");
  check(conditions.hbm_taken >= 0 && conditions.hbm_taken < 1, "the HBM share taken must be in [0, 1)");
  const auto sms_available = gpu.sms.value - conditions.sms_taken;
  check(conditions.sms_taken >= 0 && sms_available > 0, "communication must leave SMs to compute");

  const auto sms_open = conditions.communicating ? sms_available : gpu.sms.value;
  KernelPrice price;
  price.curve = curve;
  price.compute = compute_time(kernel, *curve, gpu, sms_available, conditions.sources);
  price.memory = (kernel.read + kernel.written) /
                 (gpu.hbm_bandwidth.value * (curve->bandwidth_fraction * (1.0 - conditions.hbm_taken))) *
                 static_cast<double>(count_grid_waves(*curve, gpu, sms_open));
  const double launches = kernel.launches;
  price.busy = launches * curve->per_launch + std::max(price.compute, price.memory);
  price.time = launches * gpu.launch_gap.value + price.busy;
  return price;
}

}  // namespace foretrain::hardware
