#include "hardware/gemm_grid.hpp"

#include <cmath>

#include "catch.hpp"
#include "parts.hpp"

using namespace foretrain;
using namespace foretrain::hardware;

namespace {

// Efficiency 0.1 at the smallest corner, doubled by each larger size.
GemmGrid small_grid() {
  GemmGrid grid{"small", {128, 1024}, {128, 1024}, {128, 512}, {}};
  for (const double m : {0.1, 0.2})
    for (const double n : {1.0, 2.0})
      for (const double k : {1.0, 2.0}) grid.logarithms.push_back(std::log(m * n * k));
  return grid;
}

GpuSpec grid_gpu() {
  auto gpu = round_gpu();
  gpu.grids.push_back(small_grid());
  for (const Family family : {Family::gemm_fp8, Family::grouped_gemm_fp8, Family::grouped_wgrad_fp8}) {
    Curve& curve = curve_for(gpu, family);
    curve.kind = Curve::Kind::grid;
    curve.efficiency = 1;
  }
  return gpu;
}

double microseconds_of(Seconds t) {
  return t.base() * 1e6;
}

}  // namespace

TEST_CASE("a grid gives back its points, the mean of logarithms between them, and the edge outside") {
  const auto grid = small_grid();
  CHECK(efficiency(grid, 128, 128, 128, 100) == Approx(0.1));
  CHECK(efficiency(grid, 1024, 128, 512, 100) == Approx(0.4));
  CHECK(efficiency(grid, std::sqrt(128.0 * 1024), 128, 128, 100) == Approx(0.1 * std::sqrt(2.0)));
  CHECK(efficiency(grid, 1024, 1024, 256, 100) == Approx(0.4 * std::sqrt(2.0)));
  CHECK(efficiency(grid, 1, 1, 1, 100) == Approx(0.1));
  CHECK(efficiency(grid, 1e6, 1e6, 1e6, 100) == Approx(0.8));
}

TEST_CASE("between two points an efficiency lies between theirs") {
  const auto grid = small_grid();
  for (double m = 128; m <= 1024; m *= 1.13)
    for (double k = 128; k <= 512; k *= 1.21) {
      const double e = efficiency(grid, m, 300, k, 100);
      CHECK(e >= efficiency(grid, 128, 300, 128, 100));
      CHECK(e <= efficiency(grid, 1024, 300, 512, 100));
    }
}

TEST_CASE("waves taken out of a grid come back at its points and jump between them") {
  const auto bare = small_grid();
  const auto waves = without_waves(bare, 128, 128, 10);
  for (const double m : {128.0, 1024.0})
    for (const double n : {128.0, 1024.0})
      CHECK(efficiency(waves, m, n, 128, 10) == Approx(efficiency(bare, m, n, 128, 10)));
  CHECK(wave_occupancy(128 * 10, 128, 128, 128, 10) == Approx(1));
  CHECK(wave_occupancy(128 * 11, 128, 128, 128, 10) == Approx(11.0 / 20.0));
  CHECK(efficiency(waves, 640, 256, 128, 10) > 1.7 * efficiency(waves, 641, 256, 128, 10));
}

TEST_CASE("a grid prices a GEMM by its size, and by the SMs that are left") {
  const auto gpu = grid_gpu();
  const auto kernel = gemm(1024, 1024, 512);
  CHECK(microseconds_of(price(kernel, gpu, {}).compute) ==
        Approx(2.0 * 1024 * 1024 * 512 / (100e12 * 0.8) * 1e6));
  Conditions beside;
  beside.sms_taken = 20;
  CHECK(microseconds_of(price(kernel, gpu, beside).compute) ==
        Approx(microseconds_of(price(kernel, gpu, {}).compute) / 0.8));
}

TEST_CASE("groups run as one tall GEMM, each rounded up to a tile; groups that cut k keep m") {
  const auto gpu = grid_gpu();
  const auto grouped = gemm(4 * 130, 1024, 512, 4, Family::grouped_gemm_fp8);  // 130 rows: two tiles
  CHECK(microseconds_of(price(grouped, gpu, {}).compute) ==
        Approx(microseconds_of(price(gemm(4 * 256, 1024, 512), gpu, {}).compute)));
  const auto gradient = gemm(256, 1024, 4 * 512, 4, Family::grouped_wgrad_fp8);
  CHECK(microseconds_of(price(gradient, gpu, {}).compute) ==
        Approx(microseconds_of(price(gemm(4 * 256, 1024, 512), gpu, {}).compute)));
  auto flagged = gemm(256, 1024, 4 * 512, 4, Family::grouped_gemm_fp8);
  flagged.splits_k = true;
  CHECK(price(flagged, gpu, {}).compute == price(gradient, gpu, {}).compute);
}

TEST_CASE("a curve's own sustained rate goes before the GPU's, and neither slows a fitted curve") {
  auto gpu = grid_gpu();
  const auto kernel = gemm(1024, 1024, 512);
  const double burst = microseconds_of(price(kernel, gpu, {}).compute);
  gpu.sustained_rate.value = 0.5;
  CHECK(microseconds_of(price(kernel, gpu, {}).compute) == Approx(2 * burst));
  Curve& curve = curve_for(gpu, Family::gemm_fp8);
  curve.sustained_rate = Sourced<double>{0.8, {}};
  CHECK(microseconds_of(price(kernel, gpu, {}).compute) == Approx(burst / 0.8));
  CHECK(microseconds_of(price(kernel, at_full_clock(gpu), {}).compute) == Approx(burst));
  curve.fitted_on = "a trace";
  CHECK(microseconds_of(price(kernel, gpu, {}).compute) == Approx(burst));
}

TEST_CASE("promoted sums are slower at one clock, and sustain what the GPU does") {
  auto gpu = grid_gpu();
  auto kernel = gemm(1024, 1024, 512);
  const double burst = microseconds_of(price(kernel, gpu, {}).compute);
  Curve& curve = curve_for(gpu, Family::gemm_fp8);
  curve.sustained_rate = Sourced<double>{0.7, {}};
  gpu.sustained_rate.value = 0.9;
  curve.promoted = Sourced<double>{0.8, {}};
  CHECK(microseconds_of(price(kernel, gpu, {}).compute) == Approx(burst / 0.7));
  kernel.promotes = true;
  CHECK(microseconds_of(price(kernel, gpu, {}).compute) == Approx(burst / (0.8 * 0.9)));
  CHECK(microseconds_of(price(kernel, at_full_clock(gpu), {}).compute) == Approx(burst / 0.8));
  curve.promoted.reset();
  CHECK(microseconds_of(price(kernel, gpu, {}).compute) == Approx(burst / 0.7));
}

TEST_CASE("attention is read at the head size, between two of them in its logarithm") {
  Curve curve;
  curve.kind = Curve::Kind::table;
  curve.at = {1024, 4096};
  curve.head_dims = {64, 256};
  curve.efficiencies = {0.2, 0.4, 0.6, 0.8};
  CHECK(table_efficiency(curve, 4096, 64) == Approx(0.4));
  CHECK(table_efficiency(curve, 1024, 256) == Approx(0.6));
  CHECK(table_efficiency(curve, 2048, 128) == Approx(0.5));
  CHECK(table_efficiency(curve, 4096, 32) == Approx(0.4));
  CHECK(table_efficiency(curve, 4096, 576) == Approx(0.8));
}
