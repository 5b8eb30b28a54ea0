#pragma once
// The price of one kernel on one GPU.
//
//   t = launches * (gap + per_launch) + max(compute, bytes / (hbm * fraction * (1 - hbm_taken)))
//   tile curve:   compute = waves * (2 tile_m tile_n k / (peak / SMs * efficiency) + tile_overhead),
//                 waves = ceil(tiles / sms_available), tiles = groups * ceil(m/g/tile_m) * ceil(n/tile_n);
//                 weight gradients split k among the groups: tiles = groups * ceil(m/tile_m) * ceil(n/tile_n)
//                 divided by sustained_rate where the curve comes from short benchmarks
//   table curve:  compute = work / (peak * efficiency(size) * sms_available / SMs), size = 2 x mean keys
//
// Sources: the roofline (Williams et al., CACM 2009) with wave quantisation explicit. Stops being true for
// kernels that split k across SMs and below about 2 us. Cost: O(1), no allocation.
//
// What communication takes. A GEMM or attention block of the Hopper kernels here fills an SM (384 threads x
// 168 registers, over 200 KB of shared memory), so it cannot share one with a communication block: both lose
// the SMs that communication holds. Memory-bound kernels fit beside it and saturate HBM with fewer SMs, so
// they lose bandwidth only. Left out: norms whose grid is exactly one wave slow down more (see
// parts/h800.yaml).

#include <vector>

#include "hardware/gpu.hpp"

namespace foretrain::hardware {

// Share of HBM bandwidth lost beside a dispatch or combine that runs on 20 SMs. Measured: 23 pairs of times
// of memory-bound kernels of the public V3 trace (deepseek-ai/profile-data@4496024) are 1.16 x longer beside
// one than without (dispatch 1.162, combine 1.158): 1 - 1/1.16. Counting bytes gives less, 0.08-0.10 (1.0 GB
// in 4 ms, 2 GB in 6 ms): the rest is the access pattern and the SMs held. Found again by
// tests/published/kernels_test.cpp.
inline constexpr double exchange_hbm_taken = 0.14;

struct Conditions {
  std::int64_t sms_taken = 0;      // SMs reserved for communication
  double hbm_taken = 0;            // share of HBM bandwidth that communication draws at the moment
  Sources sources = Sources::any;  // whose curves price the kernel
};

struct KernelPrice {
  Seconds time{};
  Seconds busy{};  // time without the launch gaps: what a profiler shows as the kernel's duration
  Seconds compute{}, memory{};   // the two sides of the roofline, launches apart
  const Curve* curve = nullptr;  // the row behind the number; owned by the GpuSpec
};

// Precondition: `gpu` has a curve for the kernel's family (spec checks this; see missing_curves).
KernelPrice price(const Kernel& kernel, const GpuSpec& gpu, const Conditions& conditions);

// Families without a curve, in the order of base/kernel.hpp.
std::vector<Family> missing_curves(const GpuSpec& gpu);

// The pieces of the formula, for fits and tests.
std::int64_t count_tiles(const Kernel& kernel, std::int64_t tile_m, std::int64_t tile_n);
std::int64_t count_waves(std::int64_t tiles, std::int64_t sms_available);
double main_loop_length(const Kernel& kernel);  // the k that one tile runs through
double interpolate(const std::vector<double>& at, const std::vector<double>& values, double size);
double table_size(const Kernel& kernel);  // sequence length that a table curve is read at
FlopRate peak(const GpuSpec& gpu, DType dtype);

}  // namespace foretrain::hardware
