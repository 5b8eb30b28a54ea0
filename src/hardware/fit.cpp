#include "hardware/fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace foretrain::hardware {

namespace {

// Least squares of A x = 1, each row already divided by its measured time.
Eigen::VectorXd solve_relative(const Eigen::MatrixXd& rows) {
  return rows.colPivHouseholderQr().solve(Eigen::VectorXd::Ones(rows.rows()));
}

// Weighted least squares with weights 1 / predicted, iterated (a quasi-Poisson fit with identity link:
// McCullagh and Nelder, Generalized Linear Models, chapter 9): long kernels count more than short ones, and
// at the solution the predicted times add up to the measured ones.
Eigen::Vector2d fit_by_sums(const Eigen::MatrixXd& parts, const Eigen::VectorXd& measured) {
  Eigen::VectorXd predicted = measured;
  Eigen::Vector2d solved = Eigen::Vector2d::Zero();
  for (int round = 0; round < 200; ++round) {
    const Eigen::VectorXd roots = predicted.cwiseMax(1e-3 * measured).cwiseInverse().cwiseSqrt();
    solved = (roots.asDiagonal() * parts).colPivHouseholderQr().solve(roots.cwiseProduct(measured));
    predicted = parts * solved;
  }
  return solved;
}

GpuSpec with_curve(GpuSpec gpu, Family family, const Curve& curve) {
  gpu.curves[static_cast<std::size_t>(family)] = curve;
  return at_full_clock(std::move(gpu));  // points are judged in the conditions they were measured in
}

// Each point is judged under its own family, so one curve may be fitted to several of them.
FitError judge_curve(const std::vector<Measurement>& points, GpuSpec gpu, const Curve& curve) {
  for (const auto& point : points) gpu = with_curve(std::move(gpu), point.kernel.family, curve);
  return judge(points, gpu);
}

}  // namespace

FitError judge(const std::vector<Measurement>& points, const GpuSpec& gpu) {
  check(!points.empty(), "nothing to judge");
  double predicted = 0, measured = 0, squares = 0, worst = 0;
  for (const auto& point : points) {
    const double p = price(point.kernel, gpu, point.conditions).busy.base(), m = point.time.base();
    const double error = (p - m) / m;
    predicted += p;
    measured += m;
    squares += error * error;
    worst = std::max(worst, std::abs(error));
  }
  return {(predicted - measured) / measured, std::sqrt(squares / static_cast<double>(points.size())), worst};
}

TileFit fit_tile_curve(const std::vector<Measurement>& points, const GpuSpec& gpu, std::int64_t tile_m,
                       std::int64_t tile_n) {
  check(points.size() >= 2, "two unknowns need two points");
  Eigen::MatrixXd rows(static_cast<Eigen::Index>(points.size()), 2);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& [kernel, conditions, time] = points[i];
    const auto waves = count_waves(count_tiles(kernel, tile_m, tile_n), gpu.sms.value - conditions.sms_taken);
    const double weight = static_cast<double>(waves) / time.base();
    rows.row(static_cast<Eigen::Index>(i)) << weight * main_loop_length(kernel), weight;
  }
  Eigen::VectorXd solved = solve_relative(rows);
  if (solved[1] < 0) solved << solve_relative(rows.leftCols(1))[0], 0.0;
  const FlopRate sm_peak = peak(gpu, points.front().kernel.dtype) / static_cast<double>(gpu.sms.value);
  Curve curve;
  curve.kind = Curve::Kind::tile;
  curve.tile_m = tile_m;
  curve.tile_n = tile_n;
  curve.efficiency = 2.0 * static_cast<double>(tile_m * tile_n) / (solved[0] * sm_peak.base());
  curve.tile_overhead = seconds(solved[1]);
  return {curve.efficiency, curve.tile_overhead, judge_curve(points, gpu, curve)};
}

BandwidthFit fit_bandwidth_curve(const std::vector<Measurement>& points, const GpuSpec& gpu,
                                 BandwidthShape shape) {
  check(!points.empty(), "nothing to fit");
  Curve curve;
  curve.whole_chip = shape.whole_chip;
  const auto count = static_cast<Eigen::Index>(points.size());
  Eigen::MatrixXd parts(count, 2);  // time of the bytes at full HBM, launches
  Eigen::VectorXd measured(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const auto& [kernel, conditions, time] = points[static_cast<std::size_t>(i)];
    const Seconds ideal =
        (kernel.read + kernel.written) / (gpu.hbm_bandwidth.value * (1.0 - conditions.hbm_taken));
    const auto taken = conditions.communicating ? conditions.sms_taken : 0;
    const auto waves = count_grid_waves(curve, gpu, gpu.sms.value - taken);
    parts.row(i) << static_cast<double>(waves) * ideal.base(), kernel.launches;
    measured[i] = time.base();
  }
  const double ideal_sum = parts.col(0).sum(), launch_sum = parts.col(1).sum(), sum = measured.sum();
  Eigen::Vector2d solved(sum / ideal_sum, 0.0);  // inverse fraction, time a launch
  if (count >= 2 && !shape.launch_free) solved = fit_by_sums(parts, measured);
  if (solved[1] < 0 || solved[0] <= 0) solved << sum / ideal_sum, 0.0;
  if (solved[0] < 1) solved << 1.0, std::max(0.0, (sum - ideal_sum) / launch_sum);  // no kernel beats HBM
  curve.bandwidth_fraction = 1.0 / solved[0];
  curve.per_launch = seconds(solved[1]);
  return {curve.bandwidth_fraction, curve.per_launch, judge_curve(points, gpu, curve)};
}

BandwidthFit fit_launch_time(const std::vector<Measurement>& points, const GpuSpec& gpu,
                             double bandwidth_fraction) {
  check(!points.empty(), "nothing to fit");
  Seconds left{};
  double launches = 0;
  for (const auto& [kernel, conditions, time] : points) {
    const Bandwidth rate = gpu.hbm_bandwidth.value * (bandwidth_fraction * (1.0 - conditions.hbm_taken));
    left += time - (kernel.read + kernel.written) / rate;
    launches += kernel.launches;
  }
  Curve curve;
  curve.bandwidth_fraction = bandwidth_fraction;
  curve.per_launch = std::max(Seconds{}, left / launches);
  return {curve.bandwidth_fraction, curve.per_launch, judge_curve(points, gpu, curve)};
}

double fit_table_factor(const std::vector<Measurement>& points, const GpuSpec& gpu, const Curve& shape) {
  check(!points.empty(), "nothing to fit");
  double ones = 0, squares = 0;  // minimise sum (x r - 1)^2 with r = predicted / measured and factor = 1 / x
  for (const auto& point : points) {
    const auto with_shape = with_curve(gpu, point.kernel.family, shape);
    const double ratio = price(point.kernel, with_shape, point.conditions).compute / point.time;
    ones += ratio;
    squares += ratio * ratio;
  }
  return squares / ones;
}

}  // namespace foretrain::hardware
