#include "calibrate/fit_family.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "base/stats.hpp"
#include "calibrate/families.hpp"
#include "calibrate/limits.hpp"
#include "calibrate/shapes.hpp"
#include "calibrate/variants.hpp"
#include "hardware/fit_grid.hpp"
#include "hardware/robust_fit.hpp"

namespace foretrain::calibrate {
namespace {

using hardware::Curve;
using hardware::GpuSpec;
using hardware::Measurement;
using Measurements = std::vector<Measurement>;

constexpr std::size_t least_tile = 8;       // four in each half for two unknowns
constexpr std::size_t least_bandwidth = 6;  // four fitted, the ends among them, and two to judge
constexpr std::size_t least_table = 4, least_beside_grid = 4;
constexpr double better = 0.8;  // another tile must lower the error by a fifth, or noise would choose it
// Output tiles of common kernels: CUTLASS 3 and DeepGEMM on Hopper, cuBLASLt's list of tiles (cublasLt.h).
constexpr std::array<std::array<std::int64_t, 2>, 3> tiles{{{128, 128}, {128, 256}, {256, 128}}};

Measurements pick(const Measurements& points, const std::vector<std::size_t>& places) {
  Measurements picked;
  for (const std::size_t i : places) picked.push_back(points[i]);
  return picked;
}

std::vector<std::size_t> others(std::size_t count, const std::vector<std::size_t>& places) {
  const std::set<std::size_t> without(places.begin(), places.end());
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < count; ++i)
    if (!without.contains(i)) left.push_back(i);
  return left;
}

// What a new curve keeps of the base's: how its blocks are launched, and rates relative to it.
Curve start_from(Family family, const GpuSpec& base) {
  Curve curve;
  const auto& old = base.curves[static_cast<std::size_t>(family)];
  if (!old) return curve;
  curve.whole_chip = old->whole_chip;
  curve.bandwidth_fraction = old->bandwidth_fraction;
  if (old->kind == Curve::Kind::tile) {
    curve.tile_m = old->tile_m;
    curve.tile_n = old->tile_n;
  }
  return curve;
}

void refuse(FamilyFit& fit, std::string reason) {
  fit.reason = std::move(reason);
  fit.curve.reset();
  fit.grid.reset();
}

// `holds_them`: the curve that is kept meets these points, which the one that is judged does not know.
void judge_fit(FamilyFit& fit, const GpuSpec& base, const GpuSpec& fitted, const Measurements& held_out,
               bool holds_them = false) {
  if (held_out.empty()) return refuse(fit, "too few shapes: none is left to judge the curve by");
  fit.held_out = assess(held_out, fitted);
  if (has_curve(base, fit.family)) fit.base = assess(held_out, base);
  if (fit.held_out->median > worst_median)
    refuse(fit, fmt::format("misses half of the held-out points by more than {:.0f} %: no {} describes them",
                            worst_median * 100, fit.form));
  else if (fit.base)
    fit.worse =
        fit.held_out->median > fit.base->median + fit.noise && (!holds_them || fit.base->median <= fit.noise);
}

void give_way_to_base(FamilyFit& fit) {
  refuse(fit,
         fmt::format("misses half of the held-out points by more than {:.1f} %, the base's curve by more "
                     "than {:.1f} %: further apart than the {:.1f} % of their noise",
                     fit.held_out->median * 100, fit.base->median * 100, fit.noise * 100));
}

// The grid and, coarser, the part of it that is judged where too few points lie beside it.
bool fit_whole_grid(FamilyFit& fit, const Variants& variants, const GpuSpec& base) {
  const Measurements& all = variants.plain;
  const bool alone = std::all_of(all.begin(), all.end(), [](const auto& point) {
    return point.conditions.sms_taken == 0 && point.conditions.hbm_taken == 0;
  });
  if (all.empty() || !alone) return false;  // a grid holds what was measured, and that is the whole GPU's
  auto whole = hardware::fit_grid(all, base);
  if (!whole || 2 * whole->used.size() < all.size()) return false;
  fit.form = fmt::format("grid {}x{}x{}", whole->grid.m.size(), whole->grid.n.size(), whole->grid.k.size());
  Curve curve = start_from(fit.family, base);
  curve.kind = Curve::Kind::grid;
  curve.efficiency = 1;
  for (const std::size_t i : whole->used)  // the bound is not above what was measured
    curve.bandwidth_fraction = std::max(curve.bandwidth_fraction, share_of_bandwidth(all[i], base));
  curve.promoted = promoted_rate(variants);
  auto judged = whole->grid;
  auto fitted_on = whole->used;
  const bool coarser = all.size() - whole->used.size() < least_beside_grid;
  if (coarser) {
    fitted_on = hardware::on_every_second(*whole, all);
    judged = hardware::fit_grid(pick(all, fitted_on), base, 2)->grid;
  }
  for (auto* grid : {&whole->grid, &judged})  // from the rate of promoting kernels to that of fast ones
    for (double& logarithm : grid->logarithms)
      if (curve.promoted) logarithm = std::min(0.0, logarithm - std::log(curve.promoted->value));
  fit.fitted_on = fitted_on.size();
  const auto& old = base.curves[static_cast<std::size_t>(fit.family)];
  curve.accumulation =
      accumulation_rate(variants.accumulating, with_grid(base, fit.family, curve, whole->grid));
  if (!curve.accumulation && old) curve.accumulation = old->accumulation;
  fit.curve = curve;
  fit.grid = std::move(whole->grid);
  judge_fit(fit, base, with_grid(base, fit.family, curve, std::move(judged)),
            pick(all, others(all.size(), fitted_on)), coarser);
  return true;
}

void fit_tiles(FamilyFit& fit, const Measurements& all, const GpuSpec& base) {
  const Halves halves = halve(all);
  const Measurements fitted = pick(all, halves.fitted);
  const Sides sides = take_apart(fitted, base);
  std::set<double> lengths;
  for (const auto& point : sides.compute) lengths.insert(hardware::main_loop_length(point.kernel));
  if (all.size() < least_tile || sides.compute.size() * 2 < least_tile)
    return refuse(fit, fmt::format("{} points, {} of the fitted half bound by compute: a tile curve needs {} "
                                   "and {}",
                                   all.size(), sides.compute.size(), least_tile, least_tile / 2));
  if (lengths.size() < 2)
    return refuse(fit, "one k only: a tile's rate and its fixed time cannot be told apart");
  Curve shape = start_from(fit.family, base);
  shape.bandwidth_fraction = sides.bandwidth;
  std::vector<std::array<std::int64_t, 2>> candidates{{shape.tile_m, shape.tile_n}};
  candidates.insert(candidates.end(), tiles.begin(), tiles.end());
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [rows, columns] : candidates) {
    shape.tile_m = rows;
    shape.tile_n = columns;
    const Curve curve = hardware::fit_robust_tile(sides.compute, base, shape);
    const double error = assess(fitted, with_curve(base, fit.family, curve)).mean;
    if (error >= better * least) continue;
    least = error;
    fit.curve = curve;
  }
  fit.form = fmt::format("tile {}x{}", fit.curve->tile_m, fit.curve->tile_n);
  fit.fitted_on = fitted.size();
  judge_fit(fit, base, with_curve(base, fit.family, *fit.curve), pick(all, halves.held_out));
}

void fit_table(FamilyFit& fit, const Measurements& all, const GpuSpec& base) {
  const Halves halves = halve(all);
  if (all.size() < least_table || halves.held_out.empty())
    return refuse(
        fit, fmt::format("{} points: a table needs {} and some between its ends", all.size(), least_table));
  const Measurements fitted = pick(all, halves.fitted);
  const Sides sides = take_apart(fitted, base);
  Curve shape = start_from(fit.family, base);
  shape.bandwidth_fraction = sides.bandwidth;
  const auto& old = base.curves[static_cast<std::size_t>(fit.family)];
  if (!sides.compute.empty()) {
    fit.curve = hardware::fit_robust_table(sides.compute, base, shape);
  } else if (old && old->kind == Curve::Kind::table) {
    fit.curve = old;  // all points speak of memory: the base's compute side stays
    fit.curve->bandwidth_fraction = sides.bandwidth;
  } else {
    return refuse(fit, "every point is bound by memory, and the base part has no table to bound the rest");
  }
  fit.form =
      sides.compute.empty() ? "bandwidth of a table" : fmt::format("table of {} sizes", fit.curve->at.size());
  fit.fitted_on = fitted.size();
  judge_fit(fit, base, with_curve(base, fit.family, *fit.curve), pick(all, halves.held_out));
}

void fit_bandwidth(FamilyFit& fit, const Measurements& all, const GpuSpec& base) {
  if (all.size() < least_bandwidth)
    return refuse(fit, fmt::format("{} points: a bandwidth curve needs {}", all.size(), least_bandwidth));
  const Halves halves = halve(all);
  const Measurements fitted = pick(all, halves.fitted);
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const auto& [kernel, conditions, time] : fitted) {
    const double moved = (kernel.read + kernel.written).base() / kernel.launches;
    least = std::min(least, moved);
    most = std::max(most, moved);
  }
  if (most < 2 * least)
    return refuse(fit, "all points move about as many bytes: a rate and a fixed time cannot be told apart");
  fit.form = "bandwidth";
  fit.curve = hardware::fit_robust_bandwidth(fitted, base, start_from(fit.family, base));
  fit.fitted_on = fitted.size();
  judge_fit(fit, base, with_curve(base, fit.family, *fit.curve), pick(all, halves.held_out));
}

}  // namespace

double noise_of(const std::vector<Point>& points) {
  std::vector<double> spreads;
  for (const Point& point : points) spreads.push_back(std::max(point.spread, least_noise));
  return std::sqrt(2.0) * quantile(std::move(spreads), 0.5);
}

FamilyFit fit_family(Family family, const std::vector<Point>& points, const GpuSpec& base, bool keep_worse) {
  const Merged merged = merge_repeated(points);
  FamilyFit fit;
  fit.noise = noise_of(merged.points);
  fit.family = family;
  fit.points = merged.points.size();
  fit.reason = merged.contradiction.empty() ? impossible(merged.points, base) : merged.contradiction;
  if (!fit.reason.empty()) return fit;
  Measurements all;
  for (const Point& point : merged.points) all.push_back(point.measured);
  const Work work = work_of(family);
  const Variants variants = tell_apart(all);  // one kind but for GEMMs
  if (work == Work::attention)
    fit_table(fit, all, base);
  else if (work == Work::memory)
    fit_bandwidth(fit, all, base);
  else if (!fit_whole_grid(fit, variants, base))
    fit_tiles(fit, variants.plain, base);
  if (fit.worse && !keep_worse) give_way_to_base(fit);
  return fit;
}

}  // namespace foretrain::calibrate
