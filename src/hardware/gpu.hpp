#pragma once
// Parts as their data sheets and measurements describe them. Every number carries its source.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/attention_kernel.hpp"
#include "base/collective_rates.hpp"
#include "base/kernel.hpp"
#include "base/sourced.hpp"
#include "base/units.hpp"
#include "hardware/gemm_grid.hpp"

namespace foretrain::hardware {

// How fast one family of kernels runs on one GPU. Exactly one shape is used, named by `kind`.
struct Curve {
  enum class Kind : std::uint8_t {
    tile,       // GEMM: output tiles in waves over the SMs; see price() for the formula
    grid,       // GEMM: efficiency measured on a grid of (m, n, k); see hardware/gemm_grid.hpp
    table,      // efficiency against a size (attention: sequence length), linear in the size's logarithm
    bandwidth,  // bytes at a fraction of HBM bandwidth, plus a fixed time a launch
  };
  Kind kind = Kind::bandwidth;
  // tile
  std::int64_t tile_m = 128, tile_n = 128;
  double efficiency = 0;    // of the SM's peak while its tile's main loop runs, in (0, 1]; grid: a factor, 1
  Seconds tile_overhead{};  // prologue + epilogue of a tile that the main loop does not hide
  // grid
  std::size_t grid = 0;  // which of GpuSpec::grids
  // table: measured causal, so `at` is the sequence length; held constant outside the measured range. With
  // `head_dims` one row of `efficiencies` for each, and between them linear in the logarithm of d_qk.
  std::vector<double> at, efficiencies, head_dims;
  // bandwidth (also bounds the others), with the kernel alone on the GPU
  double bandwidth_fraction = 1;
  Seconds per_launch{};     // fixed time of each launch beyond the launch gap
  bool whole_chip = false;  // launched as one wave of blocks over all SMs, each block looping over its rows
  // tile, grid: rate in a training run relative to the benchmark behind this curve, where that is known
  // better than GpuSpec::sustained_rate says
  std::optional<Sourced<double>> sustained_rate;
  // grid: the most that such GEMMs do for minutes, whatever their size: what a power limit leaves of them
  std::optional<Sourced<FlopRate>> sustained_peak;
  // grid: rate of weight gradients that add to FP32 (layout NT) relative to the forward GEMMs (TN) of the
  // table
  std::optional<Sourced<double>> accumulation;
  // grid: rate of kernels that promote partial sums relative to those of the table, at one clock. They draw
  // less power, so they sustain what GpuSpec::sustained_rate says
  std::optional<Sourced<double>> promoted;
  Provenance from;
  std::string fitted_on;      // "" = independent source; else e.g. "trace rounds 0 and 2"
  std::string borrowed_from;  // "" = measured on this device; else the device whose curve this is
  bool bound = false;         // not a measurement of such a kernel: an upper bound of its rate, or derived
};

// Which curves price a kernel. A family that lacks what is asked for keeps its main curve.
enum class Sources : std::uint8_t {
  any,       // the main curves, some of them fitted on a trace
  measured,  // instead of trace-fitted ones, measurements of such kernels elsewhere
  bounds,    // these, and bounds where nobody measured such kernels elsewhere
};

struct GpuSpec {
  std::string name;
  Sourced<std::int64_t> sms;
  Sourced<FlopRate> peak_bf16, peak_fp32;
  Sourced<FlopRate> peak_fp8, peak_fp4;  // 0: the tensor cores cannot
  Sourced<Bandwidth> hbm_bandwidth;
  Sourced<Bytes> memory;
  Sourced<Seconds> launch_gap;  // between dependent kernels of one stream
  // Rate of GEMM kernels in a training run, relative to the short benchmark that their curve was measured in:
  // the clock that a power limit leaves. Applies to tile and grid curves that were not fitted on a training
  // trace themselves and say nothing else.
  Sourced<double> sustained_rate{1.0, {}};
  Sourced<double>
      gpu_spread;  // relative standard deviation of SM-bound kernel time from GPU to GPU, same part
  Sourced<Bandwidth> nvlink;           // one direction, nominal
  Sourced<Bandwidth> nvlink_achieved;  // one direction, measured
  Sourced<Seconds> nvlink_latency;
  CollectiveRates collectives;  // NCCL's, among NVLink neighbours, where they were measured
  std::vector<GemmGrid> grids;  // that curves name by index
  std::array<std::optional<Curve>, family_count> curves;              // by Family
  std::array<std::optional<Curve>, family_count> independent_curves;  // not of the trace; see Sources
  // By AttentionKernel, forward and backward alike: published figures time the two together.
  std::array<std::optional<Curve>, attention_kernel_names.size()> attention_kernels;
};

struct NicSpec {
  std::string name;
  Sourced<Bandwidth> line_rate;  // nominal, one direction
  Sourced<Bandwidth> achieved;   // one direction, measured, large messages
  Sourced<Bandwidth> rings;      // the same in NCCL's rings, where that was measured; 0: as `achieved`
  Sourced<Seconds> latency_same_leaf, latency_cross_leaf;  // end to end, small message
};

}  // namespace foretrain::hardware
