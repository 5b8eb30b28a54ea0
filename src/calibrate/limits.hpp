#pragma once
// What points may not say: more than the data sheet. And which side of the roofline they speak of.

#include <string>
#include <vector>

#include "calibrate/measured.hpp"
#include "hardware/gpu.hpp"

namespace foretrain::calibrate {

// Of the peak of the SMs that were left to the kernel, and of the whole memory bandwidth.
double share_of_peak(const hardware::Measurement& point, const hardware::GpuSpec& gpu);
double share_of_bandwidth(const hardware::Measurement& point, const hardware::GpuSpec& gpu);

// Why these points cannot be kernels of this GPU; "" when they can.
std::string impossible(const std::vector<Point>& points, const hardware::GpuSpec& gpu);

// A description whose error on points it has not seen exceeds this at the median describes nothing.
inline constexpr double worst_median = 0.30;

struct Sides {
  std::vector<hardware::Measurement> compute, memory;
  double bandwidth = 1;  // share of the HBM that bounds the kernels
};
Sides take_apart(const std::vector<hardware::Measurement>& points, const hardware::GpuSpec& gpu);

}  // namespace foretrain::calibrate
