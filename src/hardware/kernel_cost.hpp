#pragma once
// The price of one kernel on one GPU.
//
//   t = launches * (gap + per_launch) + max(compute, memory)
//   memory = grid_waves * bytes / (hbm * fraction * (1 - hbm_taken)),
//            grid_waves = ceil(SMs / sms_available) where the grid is one wave of the whole chip and a
//            communication kernel is running, else 1
//   tile curve:   compute = waves * (2 tile_m tile_n k / (peak / SMs * efficiency) + tile_overhead),
//                 waves = ceil(tiles / sms_available), tiles = groups * ceil(m/g/tile_m) * ceil(n/tile_n);
//                 weight gradients split k among the groups: tiles = groups * ceil(m/tile_m) * ceil(n/tile_n)
//   grid curve:   compute = 2 M n K / (peak * efficiency(M, n, K) * sms_available / SMs), where groups run as
//                 one tall GEMM, each rounded up to tiles of 128 rows: M = g ceil(m/g/128) 128, K = k; groups
//                 that split k: M = g m, K = k/g
//                 divided by the curve's rate of accumulation where the product is added to FP32 gradients;
//                 and by its promoted rate where partial sums are promoted
//   both divided by the sustained rate where the curve comes from short benchmarks; a grid is no faster than
//                 its sustained peak, where it has one
//   table curve:  compute = work / (peak * efficiency(size, d_qk) * sms_available / SMs), size = 2 x mean
//                 keys; where documents of several lengths are attended, 1 / efficiency is the mean of
//                 theirs, weighted by work
//
// Sources: the roofline (Williams et al., CACM 2009) with wave quantisation explicit. Stops being true for
// kernels that split k across SMs and below about 2 us. Cost: O(1), no allocation.
//
// What communication takes. A GEMM or attention block of the Hopper kernels here fills an SM (384 threads x
// 168 registers, over 200 KB of shared memory), so it cannot share one with a communication block: both lose
// the SMs that communication holds. Memory-bound kernels fit beside it and saturate HBM with fewer SMs, so
// they lose bandwidth only. The exception are kernels launched as one wave of the whole chip whose blocks
// fill the register file (the norms of flash-attention's layer_norm: 3 x 128 threads x 168 registers forward,
// 256 x 200 backward, of 65,536): on SMs that hold communication blocks some of theirs no longer fit and run
// after the others. Left out: that this second wave has the HBM nearly to itself. Forward, where it is one
// block in three of the SM, the trace shows 1.55 times the time instead of 2; backward 1.85.

#include <span>
#include <vector>

#include "hardware/gpu.hpp"

namespace foretrain::hardware {

struct Conditions {
  std::int64_t sms_taken = 0;      // SMs reserved for communication
  double hbm_taken = 0;            // share of HBM bandwidth that communication draws at the moment
  Sources sources = Sources::any;  // whose curves price the kernel
  // Whether a communication kernel is on those SMs at the moment. If not they are empty but reserved: only a
  // grid of the whole chip uses them.
  bool communicating = true;
};

struct KernelPrice {
  Seconds time{};
  Seconds busy{};  // time without the launch gaps: what a profiler shows as the kernel's duration
  Seconds compute{}, memory{};   // the two sides of the roofline, launches apart
  const Curve* curve = nullptr;  // the row behind the number; owned by the GpuSpec
};

// Precondition: `gpu` has a curve for the kernel's family (spec checks this; see missing_curves).
KernelPrice price(const Kernel& kernel, const GpuSpec& gpu, const Conditions& conditions);

// Families without a curve: of DeepSeek's lists, in the order of base/kernel.hpp, or of those given.
std::vector<Family> missing_curves(const GpuSpec& gpu);
std::vector<Family> missing_curves(const GpuSpec& gpu, const std::vector<Family>& families);

// The same GPU running attention with kernels of that generation. A part without a curve for it keeps its
// own, as one where that generation is the fastest does.
GpuSpec with_attention(GpuSpec gpu, AttentionKernel kernel);

// The same GPU with GEMMs at the clock of short benchmarks.
GpuSpec at_full_clock(GpuSpec gpu);

// The pieces of the formula, for fits and tests.
std::int64_t count_tiles(const Kernel& kernel, std::int64_t tile_m, std::int64_t tile_n);
std::int64_t count_waves(std::int64_t tiles, std::int64_t sms_available);
std::int64_t count_grid_waves(const Curve& curve, const GpuSpec& gpu, std::int64_t sms_open);
double main_loop_length(const Kernel& kernel);  // the k that one tile runs through
double interpolate(std::span<const double> at, std::span<const double> values, double size);
struct GridShape {
  double m = 0, n = 0, k = 0;
};
GridShape grid_shape(const Kernel& kernel);  // where a grid curve is read
double table_size(const Kernel& kernel);     // sequence length that a table curve is read at
double table_efficiency(const Curve& curve, double size, double head_dim);
// Rate relative to the benchmark behind a curve, in a training run; 1 for curves fitted on one.
const Sourced<double>& sustained_rate(const GpuSpec& gpu, const Curve& curve);
FlopRate peak(const GpuSpec& gpu, DType dtype);  // 0: not on this GPU

}  // namespace foretrain::hardware
