#pragma once
// A timeline as a picture (SVG 1.1, no scripts): one row a rank, one box a chunk with its name, start and end
// as a tooltip, a time axis and a legend. The same timeline gives the same bytes. Not here: messages between
// ranks.

#include <string>

#include "cluster/pipeline.hpp"

namespace foretrain::report {

std::string gantt_svg(const plan::Program& program, const cluster::Timeline& timeline,
                      const std::string& title, std::size_t lane = 0);

}  // namespace foretrain::report
