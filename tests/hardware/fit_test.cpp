#include "hardware/fit.hpp"

#include <cmath>

#include "catch.hpp"
#include "parts.hpp"

using namespace foretrain;
using namespace foretrain::hardware;

namespace {
std::vector<Measurement> priced(const GpuSpec& gpu, const std::vector<Kernel>& kernels,
                                const Conditions& beside) {
  std::vector<Measurement> points;
  for (const auto& kernel : kernels) points.push_back({kernel, beside, price(kernel, gpu, beside).busy});
  return points;
}
}  // namespace

TEST_CASE("a tile fit returns the curve that made the points, whatever ran beside them") {
  const auto gpu = round_gpu();
  Conditions beside;
  beside.sms_taken = GENERATE(0, 20);
  const auto points =
      priced(gpu, {gemm(4096, 2112, 7168), gemm(4096, 24576, 1536), gemm(300, 512, 512)}, beside);
  const auto fit = fit_tile_curve(points, gpu, 128, 128);
  CHECK(fit.efficiency == Approx(0.5));
  CHECK(fit.tile_overhead.base() == Approx(3e-6));
  CHECK(fit.error.worst < 1e-9);
}

TEST_CASE("a bandwidth fit separates the fixed time of a launch from the bytes") {
  const auto gpu = round_gpu();
  Conditions beside;
  beside.hbm_taken = GENERATE(0.0, 0.14);
  const auto points = priced(gpu, {cast(1e6), cast(3e6, 5), cast(80e6)}, beside);
  const auto fit = fit_bandwidth_curve(points, gpu);
  CHECK(fit.bandwidth_fraction == Approx(0.5));
  CHECK(fit.per_launch.base() == Approx(1e-6));
  CHECK(fit.error.worst < 1e-9);
  CHECK(fit_bandwidth_curve(points, gpu, {.launch_free = true}).per_launch == Seconds{});
}

TEST_CASE("a bandwidth fit counts the waves of a grid made for the whole chip") {
  auto gpu = round_gpu();
  curve_for(gpu, Family::fp8_cast).whole_chip = true;
  Conditions beside;
  beside.sms_taken = 20;
  auto points = priced(gpu, {cast(1e6), cast(3e6, 5), cast(80e6)}, beside);
  for (const auto& alone : priced(gpu, {cast(2e6), cast(40e6)}, {})) points.push_back(alone);
  const auto fit = fit_bandwidth_curve(points, gpu, {.whole_chip = true});
  CHECK(fit.bandwidth_fraction == Approx(0.5));
  CHECK(fit.per_launch.base() == Approx(1e-6));
  CHECK(fit.error.worst < 1e-9);
}

TEST_CASE("a bandwidth fit keeps the sum of the times") {
  const auto gpu = round_gpu();
  const std::vector<Measurement> noisy{{cast(10e6), {}, seconds(25e-6)},
                                       {cast(20e6, 3), {}, seconds(30e-6)},
                                       {cast(90e6), {}, seconds(200e-6)},
                                       {cast(1e6), {}, seconds(9e-6)}};
  CHECK(fit_bandwidth_curve(noisy, gpu).error.bias == Approx(0).margin(1e-9));
  CHECK(fit_bandwidth_curve(noisy, gpu, {.launch_free = true}).error.bias == Approx(0).margin(1e-9));
  const auto tiny = fit_launch_time(noisy, gpu, 0.8);
  CHECK(tiny.bandwidth_fraction == 0.8);
  CHECK(tiny.error.bias == Approx(0).margin(1e-9));
}

TEST_CASE("a fit never claims more than the HBM or a negative launch") {
  const auto gpu = round_gpu();
  const std::vector<Measurement> fast{{cast(10e6), {}, seconds(5e-6)}, {cast(20e6), {}, seconds(9e-6)}};
  CHECK(fit_bandwidth_curve(fast, gpu).bandwidth_fraction == 1.0);
  const std::vector<Measurement> bent{{cast(10e6), {}, seconds(10e-6)}, {cast(20e6), {}, seconds(50e-6)}};
  CHECK(fit_bandwidth_curve(bent, gpu).per_launch == Seconds{});
}

TEST_CASE("a table factor scales the shape onto the points") {
  auto gpu = round_gpu();
  Kernel attention;
  attention.family = Family::attention_forward;
  attention.k = 1024;
  attention.work = flops(10e9);
  auto points = priced(gpu, {attention}, {});
  points.front().time *= 0.8;
  const auto& shape = *gpu.curves[static_cast<std::size_t>(Family::attention_forward)];
  CHECK(fit_table_factor(points, gpu, shape) == Approx(1.25));
}

TEST_CASE("a judgement is signed, and its bias is that of the sums") {
  const auto gpu = round_gpu();
  auto points = priced(gpu, {cast(1e6), cast(1e6)}, {});
  points[0].time *= 2.0;
  const auto error = judge(points, gpu);
  CHECK(error.bias == Approx(-1.0 / 3.0));
  CHECK(error.worst == Approx(0.5));
  CHECK(error.rms == Approx(0.5 / std::sqrt(2.0)));
}
