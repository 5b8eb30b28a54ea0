#include "hardware/fit_grid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "base/stats.hpp"
#include "hardware/robust_fit.hpp"

namespace foretrain::hardware {
namespace {

using Place = std::array<double, 3>;  // m, n, k
using Axes = std::array<std::set<double>, 3>;

std::map<Place, std::vector<std::size_t>> places_of(const std::vector<Measurement>& points) {
  std::map<Place, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto [m, n, k] = grid_shape(points[i].kernel);
    places[{m, n, k}].push_back(i);
  }
  return places;
}

std::size_t volume(const Axes& axes) {
  return axes[0].size() * axes[1].size() * axes[2].size();
}

// Takes away the size that covers its slice of the grid worst until every place was measured. Of equals the
// one on the latest axis and the smallest goes first; the order is fixed, and so is the answer.
bool keep_whole(Axes& axes, const std::set<Place>& measured, std::size_t least) {
  while (true) {
    std::array<std::map<double, std::size_t>, 3> covered;
    std::size_t inside = 0;
    for (const Place& place : measured) {
      if (!axes[0].contains(place[0]) || !axes[1].contains(place[1]) || !axes[2].contains(place[2])) continue;
      ++inside;
      for (std::size_t axis = 0; axis < 3; ++axis) ++covered[axis][place[axis]];
    }
    for (const auto& axis : axes)
      if (axis.size() < least) return false;
    if (inside == volume(axes)) return true;
    double worst = 2;
    std::size_t from = 0;
    double size = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      for (const double at : axes[axis]) {
        const std::size_t slice = volume(axes) / axes[axis].size();  // exact: one of its factors
        const double share = static_cast<double>(covered[axis][at]) / static_cast<double>(slice);
        if (share > worst || (share == worst && axis == from)) continue;
        worst = share;
        from = axis;
        size = at;
      }
    axes[from].erase(size);
  }
}

// Isotonic along one axis of the grid `logs` (m, n, k with k fastest).
void rise_along(std::size_t axis, const std::array<std::size_t, 3>& sizes, std::vector<double>& logs) {
  const std::array<std::size_t, 3> steps{sizes[1] * sizes[2], sizes[2], 1};
  for (std::size_t start = 0; start < logs.size(); ++start) {
    if (start / steps[axis] % sizes[axis] != 0) continue;
    std::vector<double> line;
    for (std::size_t i = 0; i < sizes[axis]; ++i) line.push_back(logs[start + i * steps[axis]]);
    line = isotonic(line);
    for (std::size_t i = 0; i < sizes[axis]; ++i) logs[start + i * steps[axis]] = line[i];
  }
}

std::vector<double> monotone(std::vector<double> logs, const std::array<std::size_t, 3>& sizes) {
  std::array<std::vector<double>, 3> corrections;
  corrections.fill(std::vector<double>(logs.size(), 0.0));
  for (int round = 0; round < 200; ++round) {
    double moved = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      std::vector<double> before = logs;
      for (std::size_t i = 0; i < logs.size(); ++i) before[i] += corrections[axis][i];
      std::vector<double> after = before;
      rise_along(axis, sizes, after);
      for (std::size_t i = 0; i < logs.size(); ++i) {
        corrections[axis][i] = before[i] - after[i];
        moved = std::max(moved, std::abs(after[i] - logs[i]));
      }
      logs = std::move(after);
    }
    if (moved < 1e-12) break;
  }
  return logs;
}

std::set<double> every_second(const std::vector<double>& axis) {
  std::set<double> kept;
  for (std::size_t i = 0; i < axis.size(); ++i)
    if (i % 2 == 0 || i + 1 == axis.size()) kept.insert(axis[i]);
  return kept;
}

}  // namespace

std::optional<GridFit> fit_grid(const std::vector<Measurement>& points, const GpuSpec& gpu,
                                std::size_t least) {
  const auto places = places_of(points);
  Axes axes;
  std::set<Place> measured;
  for (const auto& [place, at] : places) {
    measured.insert(place);
    for (std::size_t axis = 0; axis < 3; ++axis) axes[axis].insert(place[axis]);
  }
  if (!keep_whole(axes, measured, least)) return std::nullopt;
  GridFit fit;
  fit.grid.m.assign(axes[0].begin(), axes[0].end());
  fit.grid.n.assign(axes[1].begin(), axes[1].end());
  fit.grid.k.assign(axes[2].begin(), axes[2].end());
  std::vector<double> times;
  for (const double m : fit.grid.m)
    for (const double n : fit.grid.n)
      for (const double k : fit.grid.k) {
        const auto& here = places.at({m, n, k});
        std::vector<double> logs;
        for (const std::size_t i : here) logs.push_back(std::log(points[i].time.base()));
        times.push_back(quantile(logs, 0.5));
        fit.used.insert(fit.used.end(), here.begin(), here.end());
      }
  times = monotone(std::move(times), {fit.grid.m.size(), fit.grid.n.size(), fit.grid.k.size()});
  const double rate = peak(gpu, points.front().kernel.dtype).base();
  auto time = times.begin();
  for (const double m : fit.grid.m)
    for (const double n : fit.grid.n)
      for (const double k : fit.grid.k)
        fit.grid.logarithms.push_back(std::min(0.0, std::log(2.0 * m * n * k / rate) - *time++));
  return fit;
}

std::vector<std::size_t> on_every_second(const GridFit& fit, const std::vector<Measurement>& points) {
  const auto m = every_second(fit.grid.m), n = every_second(fit.grid.n), k = every_second(fit.grid.k);
  std::vector<std::size_t> kept;
  for (const std::size_t i : fit.used) {
    const auto shape = grid_shape(points[i].kernel);
    if (m.contains(shape.m) && n.contains(shape.n) && k.contains(shape.k)) kept.push_back(i);
  }
  return kept;
}

}  // namespace foretrain::hardware
