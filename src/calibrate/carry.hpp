#pragma once
// A calibration of one GPU as curves of another with the same die: the H200 and the H800 are both GH100 with
// 132 SMs and the same peaks, and differ in memory and NVLink.
//
// Nothing is fitted to the other GPU. Rates of a curve are shares of the peak and of the bandwidth, so they
// scale with the target's data sheet; fixed times stay. How a kernel's blocks are launched
// (Curve::whole_chip) belongs to the program and stays the target's. The launch gap goes along, collectives
// and copies do not: they are other links. What a share of one memory says of another is uncertain: copies
// reach 83.5 % of the H200's bandwidth and 86.6 % of the H100's (topologies/parts, BabelStream), which is
// added to every spread.

#include <string>

#include "calibrate/calibrate.hpp"

namespace foretrain::calibrate {

constexpr double carried_spread = 0.04;  // 86.6 / 83.5

// Throws SpecError where the dies differ: SMs, or peaks by more than 1 %.
Calibration carry(Calibration measured, const hardware::GpuSpec& target);

}  // namespace foretrain::calibrate
