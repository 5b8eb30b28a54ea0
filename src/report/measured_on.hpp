#pragma once
// What every report about measured kernels opens with: on which device, when, and how far it may be trusted.

#include <string>

#include "calibrate/measured.hpp"
#include "report/json.hpp"

namespace foretrain::report {

// "WHAT of N points, FILE, with PART", the device, and a line where the points are no checked measurements.
std::string opening_text(const char* what, const calibrate::Results& results, const std::string& part);

void write_device(JsonWriter& json, const calibrate::Results& results);  // a member "device"

}  // namespace foretrain::report
