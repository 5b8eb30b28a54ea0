#pragma once
// What the pictures of a timeline (SVG 1.1, no scripts) share: the frame of the plot, its time axis, text
// that is safe inside XML. Not here: what is drawn in it.

#include <string>
#include <string_view>

#include "sim/clock.hpp"

namespace foretrain::report {

struct TimeFrame {
  double left, width;  // of the plot
  double makespan;     // ns
  double x(sim::SimTime t) const {
    return left + width * static_cast<double>(t.time_since_epoch().count()) / makespan;
  }
};

std::string escaped(std::string_view text);  // as text or as a quoted value of XML

// The picture's opening with a white ground and its title; "</svg>\n" closes it.
std::string svg_head(double width, double height, const std::string& title, double left);

// Lines from `top` to `bottom` at round times, in milliseconds below.
void draw_time_axis(std::string& svg, const TimeFrame& frame, double top, double bottom);

}  // namespace foretrain::report
