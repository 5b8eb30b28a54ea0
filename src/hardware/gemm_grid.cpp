#include "hardware/gemm_grid.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace foretrain::hardware {

namespace {

struct Between {  // between two points of an axis
  std::size_t left = 0, right = 0;
  double share = 0;  // of the right one
};

Between find_between(const std::vector<double>& axis, double size) {
  if (size <= axis.front()) return {};
  if (size >= axis.back()) return {axis.size() - 1, axis.size() - 1, 0};
  const auto right =
      static_cast<std::size_t>(std::upper_bound(axis.begin(), axis.end(), size) - axis.begin());
  return {right - 1, right, std::log(size / axis[right - 1]) / std::log(axis[right] / axis[right - 1])};
}

}  // namespace

double wave_occupancy(double m, double n, std::int64_t tile_m, std::int64_t tile_n, std::int64_t sms) {
  const double rows = static_cast<double>(tile_m), columns = static_cast<double>(tile_n);
  const double tiles = std::ceil(m / rows) * std::ceil(n / columns);
  const double wave = static_cast<double>(sms);
  return m * n / (std::ceil(tiles / wave) * wave * rows * columns);
}

GemmGrid without_waves(GemmGrid grid, std::int64_t tile_m, std::int64_t tile_n, std::int64_t sms) {
  auto at = grid.logarithms.begin();
  for (const double m : grid.m)
    for (const double n : grid.n) {
      const double lost = std::log(wave_occupancy(m, n, tile_m, tile_n, sms));
      for (std::size_t i = 0; i < grid.k.size(); ++i) *at++ -= lost;
    }
  grid.tile_m = tile_m;
  grid.tile_n = tile_n;
  return grid;
}

double efficiency(const GemmGrid& grid, double m, double n, double k, std::int64_t sms) {
  check(!grid.m.empty() && grid.logarithms.size() == grid.m.size() * grid.n.size() * grid.k.size(),
        "a grid has a value for each of its points");
  const Between in_m = find_between(grid.m, m), in_n = find_between(grid.n, n),
                in_k = find_between(grid.k, k);
  const auto along_k = [&](std::size_t i, std::size_t j) {
    const auto* row = &grid.logarithms[(i * grid.n.size() + j) * grid.k.size()];
    return (1 - in_k.share) * row[in_k.left] + in_k.share * row[in_k.right];
  };
  const auto along_n = [&](std::size_t i) {
    return (1 - in_n.share) * along_k(i, in_n.left) + in_n.share * along_k(i, in_n.right);
  };
  const double measured = std::exp((1 - in_m.share) * along_n(in_m.left) + in_m.share * along_n(in_m.right));
  return grid.tile_m == 0 ? measured : measured * wave_occupancy(m, n, grid.tile_m, grid.tile_n, sms);
}

}  // namespace foretrain::hardware
