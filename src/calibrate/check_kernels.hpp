#pragma once
// Measured kernels beside what a part says of them, for any part: how `foretrain validate kernels` judges
// curves on points that they may never have seen. Cold points only, as in a calibration; kernels beside
// communication are judged apart from those alone.

#include <vector>

#include "calibrate/assess.hpp"

namespace foretrain::calibrate {

struct ComparedKernel {
  Point point;
  Seconds predicted{};
  double error() const { return predicted / point.measured.time - 1; }
  bool beside() const {
    return point.measured.conditions.sms_taken > 0 || point.measured.conditions.hbm_taken > 0;
  }
};

struct FamilyCheck {
  Family family{};
  bool beside = false;
  Assessment errors;
};

struct KernelCheck {
  Results results;
  hardware::GpuSpec gpu;
  std::vector<ComparedKernel> kernels;  // in the order of the files
  std::vector<FamilyCheck> families;    // alone first, in the order of base/kernel.hpp
  std::vector<Family> no_curve;         // families with points that the part cannot price
  std::size_t hot = 0, no_family = 0;   // points left out

  std::vector<ComparedKernel> worst(std::size_t count) const;  // largest errors first
};

// Throws SpecError where device and part have different numbers of SMs.
KernelCheck check_kernels(const Results& results, const hardware::GpuSpec& gpu);

}  // namespace foretrain::calibrate
