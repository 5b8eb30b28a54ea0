#pragma once
// One family's curve from its measured points, or the reason why there is none.
//
//   attention        table: hardware/robust_fit.hpp
//   memory-bound     bandwidth and a fixed time a launch
//   GEMM             grid, where the points hold a whole one of three sizes or more on each axis; else tiles,
//                    by the base curve's tile or one of three common ones, whichever meets the fitted half
//                    best
// Weight gradients that add to FP32 and kernels without promotion are no part of a tile curve; a grid states
// their rate beside its own (calibrate/variants.hpp).
//
// Points whose bytes at the bandwidth of the base curve take more than 80 % of their time say how fast memory
// is (their median, from three of them on) and nothing of the tensor cores.
//
// Tiles, tables and bandwidths are fitted on half the points, chosen by a hash of the shape (calibrate/
// shapes.hpp), and judged on the others. A grid holds all its points: it is judged
// on points beside it, or, with fewer than four of these, as the grid of every second size on those left out.
//
// The base's curve is judged on the same points. A fit that is clearly worse there does not replace it: its
// median error is above the base's by more than the noise of measurement, which is in the points that it was
// made of and in those that judge it (their median spread, 1 % at least, twice in quadrature). Within the
// noise it does: it is then as good, and measured on this device. A grid that is judged by its coarser half
// holds these points in full, so it gives way only to a base that meets them within the noise.
//
// Refused: too few points for what is unknown; points that contradict one another; kernels faster than the
// data sheet; curves that miss the held-out points by more than 30 % in the median, which have another shape.

#include <optional>
#include <string>
#include <vector>

#include "calibrate/assess.hpp"

namespace foretrain::calibrate {

struct FamilyFit {
  Family family{};
  std::size_t points = 0, fitted_on = 0;   // `points` after repeated ones were joined
  std::string form;                        // "tile 128x128", "grid 8x8x9", "table of 6 sizes", "bandwidth"
  std::optional<Assessment> held_out;      // of the new curve
  std::optional<Assessment> base;          // of the base part's curve, on the same points
  std::optional<hardware::Curve> curve;    // nothing: see reason
  std::optional<hardware::GemmGrid> grid;  // of a grid curve; its index in the curve means nothing
  std::string reason;
  double noise = 0;    // see noise_of
  bool worse = false;  // than the base's curve, beyond the noise; kept only when asked for
};

// How far apart two median errors may lie by the noise of the points alone.
double noise_of(const std::vector<Point>& points);

// `points`: all of the family that are fit to be fitted. What ran beside them is taken out by the law of the
// interference. `keep_worse`: curves that the base beats replace it all the same.
FamilyFit fit_family(Family family, const std::vector<Point>& points, const hardware::GpuSpec& base,
                     bool keep_worse = false);

}  // namespace foretrain::calibrate
