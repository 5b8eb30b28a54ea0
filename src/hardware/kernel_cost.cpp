#include "hardware/kernel_cost.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/check.hpp"

namespace foretrain::hardware {

namespace {

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

constexpr std::int64_t grid_tile_m = 128;  // rows that every group of a grouped GEMM is rounded up to

bool splits_k(const Kernel& kernel) {
  return kernel.splits_k || kernel.family == Family::wgrad_fp8 || kernel.family == Family::grouped_wgrad_fp8;
}

const Curve* curve_of(Family family, const GpuSpec& gpu, Sources sources) {
  const auto index = static_cast<std::size_t>(family);
  const auto& other = gpu.independent_curves[index];
  if (other && sources != Sources::any && (sources == Sources::bounds || !other->bound)) return &*other;
  return gpu.curves[index] ? &*gpu.curves[index] : nullptr;
}

Seconds grid_time(const Kernel& kernel, const GemmGrid& grid, FlopRate rate, std::int64_t sms) {
  const auto [m, n, k] = grid_shape(kernel);
  return flops(2.0 * m * n * k) / (rate * efficiency(grid, m, n, k, sms));
}

// The times of the parts add up: the harmonic mean of their rates, weighted by work.
double efficiency_at_sizes(const Kernel& kernel, const Curve& curve) {
  if (kernel.key_shares.empty()) return table_efficiency(curve, table_size(kernel), kernel.d_qk);
  double longer = 0;
  for (const KeyShare& part : kernel.key_shares)
    longer += part.share / table_efficiency(curve, 2 * part.keys, kernel.d_qk);
  return 1 / longer;
}

Seconds compute_time(const Kernel& kernel, const Curve& curve, const GpuSpec& gpu, std::int64_t sms_available,
                     Sources sources) {
  const double sms = static_cast<double>(gpu.sms.value);
  const double sms_share = static_cast<double>(sms_available) / sms;
  const FlopRate rate = peak(gpu, kernel.dtype);
  const bool bare = sources != Sources::any;  // the derate is of the trace too
  const double sustained = bare ? 1.0 : sustained_rate(gpu, curve).value;
  if (curve.kind != Curve::Kind::bandwidth) check(rate.base() > 0, "the GPU computes in this precision");
  if (curve.kind == Curve::Kind::grid) {
    check(curve.grid < gpu.grids.size(), "a grid curve names one of the GPU's grids");
    const double layout = kernel.accumulates && curve.accumulation ? curve.accumulation->value : 1.0;
    const bool promoted = kernel.promotes && curve.promoted;
    const double held = promoted && !bare ? gpu.sustained_rate.value : sustained;
    const Seconds burst =
        grid_time(kernel, gpu.grids[curve.grid], rate * (curve.efficiency * sms_share), sms_available) /
        (held * layout * (promoted ? curve.promoted->value : 1.0));
    if (bare || !curve.sustained_peak) return burst;
    return std::max(burst, kernel.work / curve.sustained_peak->value);
  }
  if (curve.kind == Curve::Kind::tile) {
    const auto waves = count_waves(count_tiles(kernel, curve.tile_m, curve.tile_n), sms_available);
    const Flops tile =
        flops(2.0 * static_cast<double>(curve.tile_m * curve.tile_n) * main_loop_length(kernel));
    return static_cast<double>(waves) * (tile / (rate / sms * curve.efficiency) + curve.tile_overhead) /
           sustained;
  }
  if (curve.kind == Curve::Kind::table)
    return kernel.work / (rate * (efficiency_at_sizes(kernel, curve) * sms_share));
  return {};
}

}  // namespace

FlopRate peak(const GpuSpec& gpu, DType dtype) {
  return dtype == DType::fp4    ? gpu.peak_fp4.value
         : dtype == DType::fp8  ? gpu.peak_fp8.value
         : dtype == DType::bf16 ? gpu.peak_bf16.value
                                : gpu.peak_fp32.value;
}

// Groups run together as one GEMM of all their rows, so waves are lost once and not a group.
GridShape grid_shape(const Kernel& kernel) {
  std::int64_t rows = kernel.m;
  if (splits_k(kernel))
    rows = kernel.m * kernel.groups;
  else if (kernel.groups > 1)
    rows = kernel.groups * divide_up(divide_up(kernel.m, kernel.groups), grid_tile_m) * grid_tile_m;
  return {static_cast<double>(rows), static_cast<double>(kernel.n), main_loop_length(kernel)};
}

std::int64_t count_tiles(const Kernel& kernel, std::int64_t tile_m, std::int64_t tile_n) {
  const auto rows = splits_k(kernel) ? kernel.m : divide_up(kernel.m, kernel.groups);
  return kernel.groups * divide_up(rows, tile_m) * divide_up(kernel.n, tile_n);
}

std::int64_t count_waves(std::int64_t tiles, std::int64_t sms_available) {
  return divide_up(tiles, sms_available);
}

double main_loop_length(const Kernel& kernel) {
  const double k = static_cast<double>(kernel.k);
  return splits_k(kernel) ? k / static_cast<double>(kernel.groups) : k;
}

double table_size(const Kernel& kernel) {
  return 2.0 * static_cast<double>(kernel.k);
}

double interpolate(std::span<const double> at, std::span<const double> values, double size) {
  check(!at.empty() && at.size() == values.size(), "a table curve needs as many values as sizes");
  if (size <= at.front()) return values.front();
  if (size >= at.back()) return values.back();
  const auto right = static_cast<std::size_t>(std::upper_bound(at.begin(), at.end(), size) - at.begin());
  const double share = std::log(size / at[right - 1]) / std::log(at[right] / at[right - 1]);
  return values[right - 1] + share * (values[right] - values[right - 1]);
}

double table_efficiency(const Curve& curve, double size, double head_dim) {
  const auto& dims = curve.head_dims;
  const std::size_t width = curve.at.size();
  const auto row = [&](std::size_t i) {
    return interpolate(curve.at, std::span(curve.efficiencies).subspan(i * width, width), size);
  };
  if (dims.empty() || head_dim <= dims.front()) return row(0);
  if (head_dim >= dims.back()) return row(dims.size() - 1);
  const auto right =
      static_cast<std::size_t>(std::upper_bound(dims.begin(), dims.end(), head_dim) - dims.begin());
  const double share = std::log(head_dim / dims[right - 1]) / std::log(dims[right] / dims[right - 1]);
  return (1 - share) * row(right - 1) + share * row(right);
}

const Sourced<double>& sustained_rate(const GpuSpec& gpu, const Curve& curve) {
  static const Sourced<double> whole{1.0, {}};
  const bool gemm = curve.kind == Curve::Kind::tile || curve.kind == Curve::Kind::grid;
  if (!gemm || !curve.fitted_on.empty()) return whole;
  return curve.sustained_rate ? *curve.sustained_rate : gpu.sustained_rate;
}

GpuSpec with_attention(GpuSpec gpu, AttentionKernel kernel) {
  const auto& older = gpu.attention_kernels[static_cast<std::size_t>(kernel)];
  if (!older) return gpu;
  for (const Family family : {Family::attention_forward, Family::attention_backward}) {
    gpu.curves[static_cast<std::size_t>(family)] = older;
    gpu.independent_curves[static_cast<std::size_t>(family)].reset();
  }
  return gpu;
}

GpuSpec at_full_clock(GpuSpec gpu) {
  gpu.sustained_rate.value = 1;
  for (auto* curves : {&gpu.curves, &gpu.independent_curves})
    for (auto& curve : *curves)
      if (curve) curve->sustained_rate.reset(), curve->sustained_peak.reset();
  return gpu;
}

std::vector<Family> missing_curves(const GpuSpec& gpu) {
  std::vector<Family> deepseek;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Family::optimizer); ++i)
    deepseek.push_back(static_cast<Family>(i));
  return missing_curves(gpu, deepseek);
}

std::vector<Family> missing_curves(const GpuSpec& gpu, const std::vector<Family>& families) {
  std::vector<Family> missing;
  for (const Family family : families)
    if (!gpu.curves[static_cast<std::size_t>(family)]) missing.push_back(family);
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
