#pragma once
// Measured kernel times as a result file, format 1: what `foretrain-bench` writes and `foretrain calibrate`
// reads. Lines "# key: value" about the device, a line of column names, one line a kernel; an empty cell is
// unknown or zero.
//
// The format has one column for SMs that a kernel could not use. For kernels bound by SMs (matrix products
// and attention) these are the SMs reserved for communication; for all others those that a communication
// kernel held while they ran.

#include <string>

#include "calibrate/measured.hpp"

namespace foretrain::calibrate {

// The point as its row says it: amounts in the digits that are written, SMs as above. What is fitted to it is
// the same whether it went through a file or not.
Point as_filed(Point point);

std::string to_csv(const Results& results);

// A text that stands on one line of such a file, or of a part: control characters as blanks.
std::string one_line(std::string text);

}  // namespace foretrain::calibrate
