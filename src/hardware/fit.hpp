#pragma once
// Curves from measured kernel times. Kernel measurements only; nothing here sees a step or a run.
// The numbers in topologies/parts are what these functions return; tests/published/curves_test.cpp refits
// them.

#include <cstdint>
#include <vector>

#include "hardware/kernel_cost.hpp"

namespace foretrain::hardware {

struct Measurement {
  Kernel kernel;
  Conditions conditions;  // what ran beside it
  Seconds time{};         // the kernel's duration; launch gaps apart
};

struct FitError {             // of a prediction against measurements: (predicted - measured) / measured
  double bias = 0;            // of the sums: what a class total gets wrong
  double rms = 0, worst = 0;  // over the points
};

struct TileFit {
  double efficiency = 0;
  Seconds tile_overhead{};
  FitError error;
};
// Relative least squares: every shape weighs the same. time = waves * (a k + b), b not negative; efficiency
// and overhead follow from a and b. SM count and peaks are read from `gpu`, its curves are not. Needs two
// different k.
TileFit fit_tile_curve(const std::vector<Measurement>& points, const GpuSpec& gpu, std::int64_t tile_m,
                       std::int64_t tile_n);

struct BandwidthFit {
  double bandwidth_fraction = 0;
  Seconds per_launch{};
  FitError error;
};
struct BandwidthShape {
  bool launch_free = false;  // the fixed time of a launch is zero
  bool whole_chip = false;   // as in Curve
};
// time = launches * per_launch + grid_waves * bytes / (hbm * fraction * (1 - hbm_taken)), fitted so that
// predicted and measured times have the same sum: a family holds kernels of 3 us and of 300 us, and the long
// ones make the step. If the data ask for a negative fixed time it is zero; if they ask for more than HBM,
// the fraction is 1.
BandwidthFit fit_bandwidth_curve(const std::vector<Measurement>& points, const GpuSpec& gpu,
                                 BandwidthShape shape = {});

// The same for families of tiny kernels, whose bytes say nothing about their time: the fraction is given.
BandwidthFit fit_launch_time(const std::vector<Measurement>& points, const GpuSpec& gpu,
                             double bandwidth_fraction);

// The factor on all efficiencies of a table curve that best meets the points; its shape is kept.
double fit_table_factor(const std::vector<Measurement>& points, const GpuSpec& gpu, const Curve& shape);

// How far price() is from the measurements with the curves that `gpu` holds.
FitError judge(const std::vector<Measurement>& points, const GpuSpec& gpu);

}  // namespace foretrain::hardware
