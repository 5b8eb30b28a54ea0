#pragma once
// A timeline as letters: one row a rank, one letter a slice of time, naming what the rank did most of it. Not
// here: messages, and anything shorter than a slice; gantt_svg.hpp draws every chunk.

#include <string>

#include "cluster/pipeline.hpp"

namespace foretrain::report {

// F, B, I, W, & (a pair) or '.' (nothing); a time axis and a legend below. Rows are at most `width` wide.
// Where the whole of it fits, a slice is the largest time that divides every start and end, so the picture is
// exact.
std::string gantt_text(const plan::Program& program, const cluster::Timeline& timeline, std::size_t lane = 0,
                       int width = 100);

char letter_of(plan::Action action);

}  // namespace foretrain::report
