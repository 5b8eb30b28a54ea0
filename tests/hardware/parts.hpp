#pragma once
// A GPU with round numbers, so that prices can be worked out by hand.

#include "hardware/kernel_cost.hpp"

namespace foretrain::hardware {

inline Curve& curve_for(GpuSpec& gpu, Family family) {
  auto& slot = gpu.curves[static_cast<std::size_t>(family)];
  if (!slot) slot = Curve{};
  return *slot;
}

// 100 SMs, 1 TFLOP/s each in FP8 and half in BF16, 1 TB/s.
inline GpuSpec round_gpu() {
  GpuSpec gpu;
  gpu.name = "round";
  gpu.sms.value = 100;
  gpu.peak_fp8.value = FlopRate::from_base(100e12);
  gpu.peak_bf16.value = FlopRate::from_base(50e12);
  gpu.peak_fp32.value = FlopRate::from_base(25e12);
  gpu.hbm_bandwidth.value = Bandwidth::from_base(1e12);
  gpu.launch_gap.value = seconds(2e-6);
  for (const Family family : {Family::gemm_fp8, Family::grouped_gemm_fp8, Family::grouped_wgrad_fp8}) {
    Curve& tile = curve_for(gpu, family);
    tile.kind = Curve::Kind::tile;
    tile.efficiency = 0.5;
    tile.tile_overhead = seconds(3e-6);
  }
  Curve& table = curve_for(gpu, Family::attention_forward);
  table.kind = Curve::Kind::table;
  table.at = {1024, 4096};
  table.efficiencies = {0.25, 0.75};
  Curve& cast = curve_for(gpu, Family::fp8_cast);
  cast.bandwidth_fraction = 0.5;
  cast.per_launch = seconds(1e-6);
  return gpu;
}

inline Kernel gemm(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t groups = 1,
                   Family family = Family::gemm_fp8) {
  Kernel kernel;
  kernel.family = family;
  kernel.dtype = DType::fp8;
  kernel.m = m;
  kernel.n = n;
  kernel.k = k;
  kernel.groups = groups;
  kernel.work = flops(2.0 * static_cast<double>(m * n * k));
  return kernel;
}

inline Kernel cast(double moved, int launches = 1) {
  Kernel kernel;
  kernel.family = Family::fp8_cast;
  kernel.read = bytes(moved * 0.75);
  kernel.written = bytes(moved * 0.25);
  kernel.launches = launches;
  return kernel;
}

}  // namespace foretrain::hardware
