#pragma once
// The price of one kernel on one GPU.
//
//   t = launches * (gap + per_launch) + max(compute, bytes / (hbm * fraction * (1 - hbm_taken)))
//   tile curve:   compute = waves * (2 tile_m tile_n k / (peak / SMs * efficiency) + tile_overhead),
//                 waves = ceil(tiles / sms_available), tiles = groups * ceil(m/g/tile_m) * ceil(n/tile_n)
//   table curve:  compute = work / (peak * efficiency(size) * sms_available / SMs)
//
// Sources: the roofline (Williams et al., CACM 2009) with wave quantisation explicit. Stops being true for kernels
// that split k across SMs and below about 2 us. Cost: O(1), no allocation.

#include "hardware/gpu.hpp"

namespace foretrain::hardware {

struct Conditions {
  std::int64_t sms_taken = 0;   // SMs reserved for communication
  double hbm_taken = 0;         // share of HBM bandwidth that communication draws at the moment
  bool independent_only = false;  // price without trace-fitted curves where another source exists
};

struct KernelPrice {
  Seconds time{};
  Seconds compute{}, memory{};  // the two sides of the roofline, launches apart
  const Curve* curve = nullptr; // the row behind the number; owned by the GpuSpec
};

// Precondition: `gpu` has a curve for the kernel's family (spec checks this; see missing_curves).
KernelPrice price(const Kernel& kernel, const GpuSpec& gpu, const Conditions& conditions);

}  // namespace foretrain::hardware
