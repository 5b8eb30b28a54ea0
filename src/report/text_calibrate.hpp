#pragma once
// A calibration and a check of kernels, for people, as JSON and as a picture. What was refused stands beside
// what was kept, with its reason.

#include <string>
#include <vector>

#include "calibrate/calibrate.hpp"
#include "calibrate/check_kernels.hpp"

namespace foretrain::report {

std::string to_text(const calibrate::Calibration& calibration);
// What went along to a GPU of the same die (calibrate/carry.hpp).
std::string carried_text(const calibrate::Calibration& measured, const calibrate::Calibration& carried);

// `onto`: the GPU that the curves were carried to, or "".
std::string to_json(const calibrate::Calibration& calibration, const std::vector<std::string>& written,
                    const std::string& onto = {});

std::string to_text(const calibrate::KernelCheck& check);
std::string to_json(const calibrate::KernelCheck& check);

// Predicted against measured time, a colour for each family.
std::string kernels_svg(const calibrate::KernelCheck& check);

}  // namespace foretrain::report
