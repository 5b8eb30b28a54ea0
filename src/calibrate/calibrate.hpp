#pragma once
// From measured kernels to the curves of a part: every family that has points is fitted or refused with a
// reason, and what was measured beside communication is held against the law of the interference.
//
// Fitted are points that were alone on the GPU with cold caches, as a kernel of a training step finds them.
// Where a family has none of these, its points of a traced training run are, with what ran beside them taken
// out; such a curve says so (fitted_on), and no derate for a training run is applied to it. Left out and
// counted: warm caches, several ranks, rows without a family, traced kernels of families measured alone, and
// rows of a whole layer, which judge curves (calibrate/check_layer.hpp).

#include <cstdint>
#include <vector>

#include "calibrate/fit_collectives.hpp"
#include "calibrate/fit_family.hpp"
#include "calibrate/fit_launch.hpp"
#include "calibrate/fit_transfers.hpp"
#include "calibrate/interference.hpp"

namespace foretrain::calibrate {

struct Unused {
  std::size_t hot = 0, ranks = 0, no_family = 0, traced = 0, layer = 0;
};

struct Calibration {
  Results results;
  hardware::GpuSpec base;
  std::vector<FamilyFit> families;  // in the order of base/kernel.hpp; only those with points
  std::vector<SlowDown> interference;
  std::optional<LaunchFit> launch;
  std::optional<CollectiveFit> collectives;
  std::vector<TransferFit> transfers;
  Unused unused;

  std::size_t kept() const;  // curves, launch gap and collectives that a part will hold
};

// Throws SpecError where device and part do not go together: another number of SMs.
void check_device(const Results& results, const hardware::GpuSpec& part);

// `keep_worse`: see fit_family.
Calibration calibrate(const Results& results, const hardware::GpuSpec& base, bool keep_worse = false);

// The base part with what was kept.
hardware::GpuSpec with_curves(const Calibration& calibration);

// What a curve's `source` says: device, driver, CUDA, date, version, file, points and the held-out error.
std::string source_of(const Results& results, const FamilyFit& fit);
std::string source_of(const Results& results);  // the device and the file alone
double spread_of(const FamilyFit& fit);         // the held-out median error, 1 % at least

}  // namespace foretrain::calibrate
