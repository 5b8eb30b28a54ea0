#pragma once
// Predicted against measured on two like logarithmic axes: frame, grid, diagonals and marks that pictures of
// runs and of kernels share. Left out: what the points are, and the legend's words.

#include <cstddef>
#include <string>

namespace foretrain::report {

struct Scatter {
  double low = -1, high = 2;  // powers of ten at the ends of both axes
  double x(double value) const;
  double y(double value) const;
};

// Axes that hold the values from `least` to `most`; those of a Scatter{} when there are none (most <= 0).
Scatter scatter_of(double least, double most);

// The picture's opening with white ground, title, grid, the line of equals and those 10 % beside it.
// `quantity` names what both axes show: "step, s".
std::string scatter_head(const Scatter& axes, const std::string& title, const std::string& headline,
                         const std::string& quantity);

// A mark in the colour and form of the set; `title` is a <title> element or nothing.
std::string scatter_mark(std::size_t set, double x, double y, const std::string& title);

// One line of the legend: the set's mark and its words.
std::string scatter_legend(std::size_t set, const std::string& words);

}  // namespace foretrain::report
