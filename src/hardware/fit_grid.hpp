#pragma once
// A GEMM grid from measured points: which of them lie on a whole grid, and the grid of their efficiencies.
//
// A larger GEMM is never the faster one: where points say so their times are averaged (isotonic regression of
// the logarithm of time along each axis in turn, with Dykstra's corrections, which converges to the nearest
// grid that is monotone along all: Dykstra, JASA 78, 1983). Left out: waves; they stay as measured.

#include <optional>
#include <vector>

#include "hardware/fit.hpp"

namespace foretrain::hardware {

struct GridFit {
  GemmGrid grid;
  std::vector<std::size_t> used;  // places of the points on it
};

// The largest grid whose every place was measured: `least` sizes or more on each axis, sizes as grid_shape()
// gives them. Sizes that miss the fewest neighbours are kept; nothing when no such grid is left. Several
// points at one place count by their median.
std::optional<GridFit> fit_grid(const std::vector<Measurement>& points, const GpuSpec& gpu,
                                std::size_t least = 3);

// Those of the used points that lie on every second size of each axis, the first and the last included: a
// coarser grid, so that the others can judge it.
std::vector<std::size_t> on_every_second(const GridFit& fit, const std::vector<Measurement>& points);

}  // namespace foretrain::hardware
