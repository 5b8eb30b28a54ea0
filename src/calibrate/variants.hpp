#pragma once
// Kernels of one GEMM family that differ in what they do with their sums, told apart by the ends of their
// names as foretrain-bench gives them: "_wgrad" adds to FP32 gradients; of products scaled by tensor the
// plain ones promote partial sums and "_fast" ones do not. A grid holds the rate of plain ones, and how the
// others compare is a rate beside it (Curve::accumulation, Curve::promoted).

#include <optional>
#include <string>
#include <vector>

#include "calibrate/measured.hpp"
#include "hardware/gpu.hpp"

namespace foretrain::calibrate {

// Sets what the kernel's name says.
void name_variant(const std::string& name, Kernel& kernel);

struct Variants {
  std::vector<hardware::Measurement> plain, accumulating, fast;
};
Variants tell_apart(const std::vector<hardware::Measurement>& points);

// Rate of accumulating kernels relative to those that `gpu` prices without it: the median, at most 1, with
// half the distance between the 16th and the 84th of a hundred as spread. Nothing below four points.
std::optional<Sourced<double>> accumulation_rate(const std::vector<hardware::Measurement>& accumulating,
                                                 hardware::GpuSpec gpu);

// The same of kernels that promote, relative to fast ones of the same shape.
std::optional<Sourced<double>> promoted_rate(const Variants& variants);

}  // namespace foretrain::calibrate
