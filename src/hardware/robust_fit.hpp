#pragma once
// Curves from many measured kernels, some of which may be wrong. As in hardware/fit.hpp the residuals are
// relative, so that every shape weighs the same; here a point far from the others loses weight.
//
// Iteratively reweighted least squares with Huber's weights: a residual r weighs min(1, 1.345 s / |r|), where
// s is 1.4826 times the median of |r| (Huber, Annals of Mathematical Statistics 35, 1964; 1.345 keeps 95 % of
// the efficiency on normal errors: Holland and Welsch, Communications in Statistics A6, 1977). The smallest
// |r| are left out of the median, one less than there are unknowns, which have met that many points
// (DuMouchel and O'Brien, Computer Science and Statistics 21, 1989). Physical bounds hold always: efficiency
// and bandwidth fraction in (0, 1], no negative fixed time. Left out: any error estimate; that is for points
// which the fit has not seen.
//
// What ran beside a kernel is taken out as kernel_cost.hpp puts it in. SM count and peaks are read from
// `gpu`, its curves are not. `shape` says kind, tile, blocks and the bandwidth that bounds the kernel; the
// rest is filled in.

#include <vector>

#include "hardware/fit.hpp"

namespace foretrain::hardware {

// time = waves * (a k + b). Needs two different k.
Curve fit_robust_tile(const std::vector<Measurement>& points, const GpuSpec& gpu, Curve shape);

// time = launches * per_launch + bytes / (hbm * fraction). Needs two different ratios of bytes to launches.
Curve fit_robust_bandwidth(const std::vector<Measurement>& points, const GpuSpec& gpu, Curve shape);

// At each size (and head dimension) the median efficiency of the points there. Efficiency may not grow faster
// than the size, or a longer sequence would take less time: where it does, neighbours are pooled (isotonic
// regression of the time for each FLOP's share). Rows of head dimensions share the sizes, read between their
// own.
Curve fit_robust_table(const std::vector<Measurement>& points, const GpuSpec& gpu, Curve shape);

// The least-squares non-decreasing sequence (pool adjacent violators: Ayer et al., Annals of Mathematical
// Statistics 26, 1955).
std::vector<double> isotonic(const std::vector<double>& values);

}  // namespace foretrain::hardware
