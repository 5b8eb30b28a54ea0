// Curves that a few bad points do not bend: what was put in comes out, and bounds hold.

#include "hardware/robust_fit.hpp"

#include "catch.hpp"
#include "hardware/fit_grid.hpp"
#include "hardware/parts.hpp"

using namespace foretrain;
using namespace foretrain::hardware;

namespace {

std::vector<Measurement> priced(const GpuSpec& gpu, const std::vector<Kernel>& kernels) {
  std::vector<Measurement> points;
  for (const auto& kernel : kernels) points.push_back({kernel, {}, price(kernel, gpu, {}).busy});
  return points;
}

std::vector<Kernel> gemms() {
  std::vector<Kernel> kernels;
  for (const std::int64_t m : {1024, 4096, 8192})
    for (const std::int64_t k : {512, 2048, 4096, 8192}) kernels.push_back(gemm(m, 4096, k));
  return kernels;
}

std::vector<Kernel> casts() {
  std::vector<Kernel> kernels;
  for (const double moved : {1e6, 4e6, 16e6, 64e6, 256e6, 1e9}) kernels.push_back(cast(moved));
  return kernels;
}

}  // namespace

TEST_CASE("a tile curve comes back from its own times, with a broken point in eight too") {
  const auto gpu = round_gpu();
  auto points = priced(gpu, gemms());
  const auto exact = fit_robust_tile(points, gpu, Curve{});
  CHECK(exact.efficiency == Approx(0.5).epsilon(1e-6));
  CHECK(exact.tile_overhead.base() == Approx(3e-6).epsilon(1e-6));
  points[5].time = 3.0 * points[5].time;
  const auto bent = fit_robust_tile(points, gpu, Curve{});
  CHECK(bent.efficiency == Approx(0.5).epsilon(1e-3));
  CHECK(bent.tile_overhead.base() == Approx(3e-6).epsilon(1e-2));
  CHECK(fit_tile_curve(points, gpu, 128, 128).error.rms > 0.1);  // least squares alone is bent
}

TEST_CASE("no fit is faster than the data sheet") {
  const auto gpu = round_gpu();
  auto points = priced(gpu, gemms());
  for (auto& point : points) point.time = 0.4 * point.time;  // 1.25 of the peak in the main loop
  const auto tile = fit_robust_tile(points, gpu, Curve{});
  CHECK(tile.efficiency == Approx(1.0));
  CHECK(tile.efficiency <= 1.0);
  CHECK(tile.tile_overhead >= Seconds{});
  auto moved = priced(gpu, casts());
  for (auto& point : moved) point.time = 0.4 * point.time;
  const auto bandwidth = fit_robust_bandwidth(moved, gpu, Curve{});
  CHECK(bandwidth.bandwidth_fraction == Approx(1.0));
  CHECK(bandwidth.per_launch >= Seconds{});
}

TEST_CASE("a bandwidth curve comes back from its own times, with a broken point too") {
  const auto gpu = round_gpu();
  auto points = priced(gpu, casts());
  points[2].time = 2.0 * points[2].time;
  const auto curve = fit_robust_bandwidth(points, gpu, Curve{});
  CHECK(curve.bandwidth_fraction == Approx(0.5).epsilon(1e-3));
  CHECK(curve.per_launch.base() == Approx(1e-6).epsilon(1e-2));
}

TEST_CASE("a table holds medians, a row for each head dimension, and never makes a longer sequence faster") {
  const auto gpu = round_gpu();
  const auto point = [&](std::int64_t k, int d, double efficiency) {
    Kernel kernel;
    kernel.family = Family::attention_forward;
    kernel.m = 1000;
    kernel.k = k;
    kernel.d_qk = d;
    kernel.work = flops(1e9 * static_cast<double>(k));
    return Measurement{kernel, {}, kernel.work / (gpu.peak_bf16.value * efficiency)};
  };
  const auto curve = fit_robust_table({point(512, 64, 0.2), point(512, 64, 0.22), point(512, 64, 0.9),
                                       point(2048, 64, 0.4), point(1024, 128, 0.3), point(2048, 128, 0.5)},
                                      gpu, Curve{});
  CHECK(curve.at == std::vector<double>{1024, 2048, 4096});
  CHECK(curve.head_dims == std::vector<double>{64, 128});
  REQUIRE(curve.efficiencies.size() == 6);
  CHECK(curve.efficiencies[0] == Approx(0.22));  // not 0.9
  CHECK(curve.efficiencies[1] == Approx(0.31));  // not measured: between its neighbours
  CHECK(curve.efficiencies[3] == Approx(0.3));   // held beyond the end
  CHECK(curve.efficiencies[5] == Approx(0.5));
  const auto steep = fit_robust_table({point(512, 64, 0.1), point(1024, 64, 0.4)}, gpu, Curve{});
  CHECK(1024 / steep.efficiencies[0] <= 2048 / steep.efficiencies[1] * (1 + 1e-12));
  CHECK(steep.head_dims.empty());
}

TEST_CASE("isotonic pools what falls and leaves what rises") {
  CHECK(isotonic({1, 2, 3}) == std::vector<double>{1, 2, 3});
  CHECK(isotonic({3, 1, 2}) == std::vector<double>{2, 2, 2});
  CHECK(isotonic({1, 4, 2, 5}) == std::vector<double>{1, 3, 3, 5});
}

TEST_CASE("a grid is found among other points, and its times rise along every axis") {
  const auto gpu = round_gpu();
  std::vector<Kernel> kernels;
  for (const std::int64_t m : {512, 1024, 4096})
    for (const std::int64_t n : {512, 2048, 4096})
      for (const std::int64_t k : {256, 1024, 4096}) kernels.push_back(gemm(m, n, k));
  kernels.push_back(gemm(777, 512, 256));
  kernels.push_back(gemm(4096, 999, 1024));
  auto points = priced(gpu, kernels);
  const auto fit = fit_grid(points, gpu);
  REQUIRE(fit);
  CHECK(fit->used.size() == 27);
  CHECK(fit->grid.m == std::vector<double>{512, 1024, 4096});
  CHECK(on_every_second(*fit, points).size() == 8);
  for (const std::size_t i : fit->used) {
    const auto& kernel = points[i].kernel;
    const auto [m, n, k] = grid_shape(kernel);
    CHECK(kernel.work / (peak(gpu, DType::fp8) * efficiency(fit->grid, m, n, k, 100)) / points[i].time ==
          Approx(1).epsilon(1e-9));
  }
  points[13].time = 10.0 * points[13].time;  // the middle takes longer than all around it
  const auto pooled = fit_grid(points, gpu)->grid;
  const auto time = [&](std::size_t i, std::size_t j, std::size_t l) {
    return std::log(pooled.m[i] * pooled.n[j] * pooled.k[l]) - pooled.logarithms[(i * 3 + j) * 3 + l];
  };
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t l = 0; l < 3; ++l) {
        if (i > 0) CHECK(time(i, j, l) >= time(i - 1, j, l) - 1e-9);
        if (j > 0) CHECK(time(i, j, l) >= time(i, j - 1, l) - 1e-9);
        if (l > 0) CHECK(time(i, j, l) >= time(i, j, l - 1) - 1e-9);
      }
  points.erase(points.begin() + 4);
  CHECK_FALSE(fit_grid(points, gpu));  // no whole grid of three sizes is left
}
