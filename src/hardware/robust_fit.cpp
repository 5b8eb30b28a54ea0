#include "hardware/robust_fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>

#include "base/check.hpp"
#include "base/stats.hpp"

namespace foretrain::hardware {
namespace {

constexpr double huber = 1.345, normal_scale = 1.4826;  // see the header
constexpr int rounds = 100;

// The median of the residuals without as many of the smallest as unknowns could be chosen to meet, less one.
double median_beyond(const Eigen::VectorXd& residuals, Eigen::Index unknowns) {
  std::vector<double> sorted(residuals.begin(), residuals.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(sorted.begin(), sorted.begin() + std::ptrdiff_t{unknowns - 1});
  return quantile(std::move(sorted), 0.5);
}

// rows x = rhs, each row already divided by its measured time.
Eigen::VectorXd solve_robust(const Eigen::MatrixXd& rows, const Eigen::VectorXd& rhs) {
  Eigen::VectorXd roots = Eigen::VectorXd::Ones(rows.rows()), solved = Eigen::VectorXd::Zero(rows.cols());
  for (int round = 0; round < rounds; ++round) {
    const Eigen::VectorXd next =
        (roots.asDiagonal() * rows).colPivHouseholderQr().solve(roots.cwiseProduct(rhs));
    const bool settled = (next - solved).norm() <= 1e-12 * next.norm();
    solved = next;
    const Eigen::VectorXd left = (rhs - rows * solved).cwiseAbs();
    const double scale = normal_scale * median_beyond(left, rows.cols());
    if (settled || scale < 1e-12) break;  // more than half of the points are met exactly
    for (Eigen::Index i = 0; i < left.size(); ++i)
      roots[i] = std::sqrt(std::min(1.0, huber * scale / std::max(left[i], 1e-300)));
  }
  return solved;
}

// Slope and fixed time of relative rows, the slope not below `least` and the fixed time not below zero.
Eigen::Vector2d solve_bounded(const Eigen::MatrixXd& rows, double least) {
  const Eigen::VectorXd ones = Eigen::VectorXd::Ones(rows.rows());
  Eigen::Vector2d solved = solve_robust(rows, ones);
  if (solved[1] < 0) solved << solve_robust(rows.leftCols(1), ones)[0], 0.0;
  if (solved[0] >= least) return solved;
  const Eigen::VectorXd left = ones - least * rows.col(0);
  return {least, std::max(0.0, solve_robust(rows.rightCols(1), left)[0])};
}

Eigen::MatrixXd two_columns(const std::vector<Measurement>& points) {
  check(points.size() >= 2, "two unknowns need two points");
  return {static_cast<Eigen::Index>(points.size()), 2};
}

double efficiency_of(const Measurement& point, const GpuSpec& gpu) {
  const auto sms = static_cast<double>(gpu.sms.value);
  const double left = (sms - static_cast<double>(point.conditions.sms_taken)) / sms;
  return point.kernel.work / (peak(gpu, point.kernel.dtype) * left * point.time);
}

// Time grows with the size at one efficiency, so size / efficiency may not fall.
std::vector<double> lasting(const std::vector<double>& at, std::vector<double> efficiencies) {
  std::vector<double> times;
  for (std::size_t i = 0; i < at.size(); ++i) times.push_back(std::log(at[i] / efficiencies[i]));
  times = isotonic(times);
  for (std::size_t i = 0; i < at.size(); ++i) efficiencies[i] = std::min(1.0, at[i] / std::exp(times[i]));
  return efficiencies;
}

}  // namespace

std::vector<double> isotonic(const std::vector<double>& values) {
  struct Pool {
    double sum = 0;
    std::size_t count = 0;
    double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Pool> pools;
  for (const double value : values) {
    pools.push_back({value, 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean() > pools.back().mean()) {
      pools[pools.size() - 2].sum += pools.back().sum;
      pools[pools.size() - 2].count += pools.back().count;
      pools.pop_back();
    }
  }
  std::vector<double> rising;
  for (const Pool& pool : pools) rising.insert(rising.end(), pool.count, pool.mean());
  return rising;
}

Curve fit_robust_tile(const std::vector<Measurement>& points, const GpuSpec& gpu, Curve shape) {
  shape.kind = Curve::Kind::tile;
  Eigen::MatrixXd rows = two_columns(points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto sms = gpu.sms.value - points[i].conditions.sms_taken;
    const auto waves = count_waves(count_tiles(points[i].kernel, shape.tile_m, shape.tile_n), sms);
    const double weight = static_cast<double>(waves) / points[i].time.base();
    rows.row(static_cast<Eigen::Index>(i)) << weight * main_loop_length(points[i].kernel), weight;
  }
  const FlopRate sm_peak = peak(gpu, points.front().kernel.dtype) / static_cast<double>(gpu.sms.value);
  const double least = 2.0 * static_cast<double>(shape.tile_m * shape.tile_n) / sm_peak.base();
  const auto solved = solve_bounded(rows, least);
  shape.efficiency = least / solved[0];
  shape.tile_overhead = seconds(solved[1]);
  return shape;
}

Curve fit_robust_bandwidth(const std::vector<Measurement>& points, const GpuSpec& gpu, Curve shape) {
  shape.kind = Curve::Kind::bandwidth;
  Eigen::MatrixXd rows = two_columns(points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& [kernel, conditions, time] = points[i];
    const auto taken = conditions.communicating ? conditions.sms_taken : 0;
    const auto waves = static_cast<double>(count_grid_waves(shape, gpu, gpu.sms.value - taken));
    const Bandwidth left = gpu.hbm_bandwidth.value * (1.0 - conditions.hbm_taken);
    rows.row(static_cast<Eigen::Index>(i)) << waves * (kernel.read + kernel.written) / left / time,
        kernel.launches / time.base();
  }
  const auto solved = solve_bounded(rows, 1.0);
  shape.bandwidth_fraction = 1.0 / solved[0];
  shape.per_launch = seconds(solved[1]);
  return shape;
}

Curve fit_robust_table(const std::vector<Measurement>& points, const GpuSpec& gpu, Curve shape) {
  check(!points.empty(), "nothing to fit");
  shape.kind = Curve::Kind::table;
  std::map<double, std::map<double, std::vector<double>>> found;  // head dimension, size, efficiencies
  std::map<double, bool> sizes;
  for (const auto& point : points) {
    found[point.kernel.d_qk][table_size(point.kernel)].push_back(efficiency_of(point, gpu));
    sizes[table_size(point.kernel)] = true;
  }
  shape.at.clear();
  shape.efficiencies.clear();
  shape.head_dims.clear();
  for (const auto& [size, present] : sizes) shape.at.push_back(size);
  for (const auto& [dim, row] : found) {
    std::vector<double> at, measured, whole;
    for (const auto& [size, efficiencies] : row) {
      at.push_back(size);
      measured.push_back(std::min(1.0, quantile(efficiencies, 0.5)));
    }
    measured = lasting(at, measured);
    for (const double size : shape.at) whole.push_back(interpolate(at, measured, size));
    shape.efficiencies.insert(shape.efficiencies.end(), whole.begin(), whole.end());
    if (found.size() > 1) shape.head_dims.push_back(dim);
  }
  return shape;
}

}  // namespace foretrain::hardware
