// What is fitted, what is refused and why.

#include "calibrate/fit_family.hpp"

#include <fmt/core.h>

#include "calibrate/h200.hpp"
#include "calibrate/shapes.hpp"
#include "calibrate/synthetic.hpp"
#include "calibrate/variants.hpp"
#include "catch.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using namespace foretrain::calibrate;
using testing::h200;

namespace {

std::vector<Point> products(double noise) {
  synthetic::Bench bench(h200(), noise);
  for (const std::int64_t m : {4096, 8192})
    for (const auto& [n, k] : synthetic::v3_products)
      bench.add("gemm", synthetic::gemm(Family::gemm_fp8, DType::fp8, m, n, k));
  return bench.points;
}

std::vector<Point> copies(const std::vector<std::int64_t>& rows) {
  synthetic::Bench bench(h200(), 0);
  for (const std::int64_t m : rows)
    bench.add("memory", synthetic::stream(Family::elementwise, m, 7168, 2, 2));
  return bench.points;
}

std::string refused(Family family, const std::vector<Point>& points) {
  const auto fit = fit_family(family, points, h200());
  CHECK_FALSE(fit.curve);
  return fit.reason;
}

}  // namespace

TEST_CASE("exact times give the curve back, and the held-out half confirms it") {
  const auto fit = fit_family(Family::gemm_fp8, products(0), h200());
  REQUIRE(fit.curve);
  CHECK(fit.form == "tile 128x128");
  CHECK(fit.fitted_on == 8);
  CHECK(fit.held_out->points == 6);
  CHECK(fit.held_out->median < 1e-6);
  CHECK(fit.curve->efficiency == Approx(0.741));
  CHECK(fit.curve->tile_overhead.base() == Approx(2.19e-6));
  CHECK(fit.base->median < 1e-6);
}

TEST_CASE("the error is that of points which the fit has not seen") {
  auto points = products(0);
  const auto before = fit_family(Family::gemm_fp8, points, h200());
  std::vector<hardware::Measurement> all;
  for (const auto& point : points) all.push_back(point.measured);
  for (const std::size_t i : halve(all).held_out) points[i].measured.time = 1.1 * points[i].measured.time;
  const auto after = fit_family(Family::gemm_fp8, points, h200());
  CHECK(after.curve->efficiency == before.curve->efficiency);
  CHECK(after.held_out->median == Approx(1 - 1 / 1.1).margin(1e-6));
  CHECK(after.held_out->bias == Approx(-(1 - 1 / 1.1)).margin(1e-6));
}

TEST_CASE("a fit within the noise of an exact base replaces it, a clearly worse one does not") {
  // The base is what the times were made of, so it is always the better curve. Ten points of one noise.
  const auto within = fit_family(Family::gemm_fp8, products(0.01), h200());
  REQUIRE(within.curve);
  CHECK(within.held_out->median > within.base->median);
  CHECK_FALSE(within.worse);
  // Every fitted point is 6 % slow: the fit follows them, the base does not.
  auto points = products(0);
  std::vector<hardware::Measurement> all;
  for (const auto& point : points) all.push_back(point.measured);
  for (const std::size_t i : halve(all).fitted) points[i].measured.time = 1.06 * points[i].measured.time;
  const auto worse = fit_family(Family::gemm_fp8, points, h200());
  CHECK(worse.worse);
  CHECK_FALSE(worse.curve);
  CHECK(worse.reason.find("misses half of the held-out points by more than 6.0 %, the base's curve by more "
                          "than 0.0 %: further apart than the 1.4 %") == 0);
  CHECK(fit_family(Family::gemm_fp8, points, h200(), true).curve);
  // The same of measurements that are known to be no better than 5 %.
  for (auto& point : points) point.spread = 0.05;
  CHECK(fit_family(Family::gemm_fp8, points, h200()).curve);
}

TEST_CASE("the noise is that of the points and of what judges them, 1 % at least") {
  auto points = products(0);
  CHECK(noise_of(points) == Approx(std::sqrt(2.0) * 0.01));
  for (std::size_t i = 0; i < points.size(); ++i) points[i].spread = i % 3 == 0 ? 0.5 : 0.04;
  CHECK(noise_of(points) == Approx(std::sqrt(2.0) * 0.04));
  // One sample has no spread; the same shape in several rounds has.
  auto round = copies({1024, 1024, 1024});
  for (std::size_t i = 0; i < round.size(); ++i) {
    round[i].spread = 0;
    round[i].samples = 1;
    round[i].measured.time = (1 + 0.1 * static_cast<double>(i)) * round[0].measured.time;
  }
  const auto merged = merge_repeated(round);
  REQUIRE(merged.points.size() == 1);
  CHECK(merged.points.front().spread == Approx(0.068 / 1.1));
}

TEST_CASE("a grid judged by its coarser half gives way only to a base that meets its points") {
  synthetic::Bench bench(h200(), 0);
  for (const std::int64_t m : {256, 1024, 4096, 16384, 65536})
    for (const std::int64_t n : {1024, 4096, 16384})
      for (const std::int64_t k : {512, 2048, 8192})
        bench.add("gemm", synthetic::gemm(Family::gemm_bf16, DType::bf16, m, n, k));
  const auto exact = fit_family(Family::gemm_bf16, bench.points, h200());
  CHECK(exact.worse);
  CHECK_FALSE(exact.curve);
  for (auto& point : bench.points) point.measured.time = 1.03 * point.measured.time;
  const auto off = fit_family(Family::gemm_bf16, bench.points, h200());
  CHECK(off.held_out->median > off.base->median + off.noise);  // by the coarser half
  REQUIRE(off.curve);
  CHECK_FALSE(off.worse);
}

TEST_CASE("halves hold every point once, the ends of the range among the fitted") {
  std::vector<hardware::Measurement> all;
  for (const auto& point : copies({1, 2, 4, 8, 16, 32, 64, 128, 256})) all.push_back(point.measured);
  const auto halves = halve(all);
  CHECK(halves.fitted.size() == 5);
  CHECK(halves.held_out.size() == 4);
  CHECK(halves.fitted.front() == 0);
  CHECK(halves.fitted.back() == 8);
}

TEST_CASE("too few points, or points that cannot tell two unknowns apart, are refused") {
  auto points = products(0);
  points.resize(5);
  CHECK(refused(Family::gemm_fp8, points).find("5 points") == 0);
  CHECK(refused(Family::elementwise, copies({1, 2, 3})) == "3 points: a bandwidth curve needs 6");
  CHECK(refused(Family::elementwise, copies({1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008})) ==
        "all points move about as many bytes: a rate and a fixed time cannot be told apart");
  synthetic::Bench one_k(h200(), 0);
  for (std::int64_t m = 1; m <= 12; ++m)
    one_k.add("gemm", synthetic::gemm(Family::gemm_fp8, DType::fp8, 2048 * m, 7168, 2048));
  CHECK(refused(Family::gemm_fp8, one_k.points) ==
        "one k only: a tile's rate and its fixed time cannot be told apart");
}

TEST_CASE("where every point has one of two shapes nothing is left to judge a curve by") {
  auto points = copies({1024, 1024, 1024, 1024, 65536, 65536, 65536, 65536});
  for (std::size_t i = 0; i < points.size(); ++i) points[i].kernel = fmt::format("copy {}", i);
  CHECK(refused(Family::elementwise, points) == "too few shapes: none is left to judge the curve by");
}

TEST_CASE("traced kernels make a curve where none was measured alone, and it says so") {
  synthetic::Bench bench(h200(), 0);
  for (const std::int64_t m : {4096, 8192})
    for (const auto& [n, k] : synthetic::v3_products)
      bench.add("trace round 0", synthetic::gemm(Family::gemm_fp8, DType::fp8, m, n, k),
                {.sms_taken = 20, .hbm_taken = 0.05});
  for (const std::int64_t m : {1024, 2048, 4096, 8192, 16384, 32768})
    bench.add("trace round 0", synthetic::stream(Family::elementwise, m, 7168, 2, 2), {.hbm_taken = 0.14});
  const auto traced = calibrate::calibrate(synthetic::results_of(h200(), bench.points), h200());
  REQUIRE(traced.kept() == 2);
  CHECK(traced.families[0].curve->efficiency == Approx(0.741).epsilon(1e-6));
  CHECK(traced.families[0].curve->fitted_on == "traced kernels of synthetic.csv, rounds 0");
  CHECK(traced.families[1].curve->bandwidth_fraction == Approx(0.835).epsilon(1e-6));
  for (const auto& point : products(0)) bench.points.push_back(point);
  const auto both = calibrate::calibrate(synthetic::results_of(h200(), bench.points), h200());
  CHECK(both.families[0].curve->fitted_on.empty());
  CHECK(both.unused.traced == 14);
}

TEST_CASE("a shape timed twice is one point, or a contradiction") {
  auto points = products(0.01);
  points.push_back(points.front());
  points.back().measured.time = 1.02 * points.back().measured.time;
  CHECK(fit_family(Family::gemm_fp8, points, h200()).points == 14);
  points.back().measured.time = 1.2 * points.back().measured.time;
  CHECK(refused(Family::gemm_fp8, points).find("further apart than the 4.2 % that their spreads allow") !=
        std::string::npos);
  points.back().kernel = "another";  // other kernels of the family are points of their own
  CHECK(fit_family(Family::gemm_fp8, points, h200()).points == 15);
}

TEST_CASE("kernels faster than the data sheet are refused") {
  auto points = products(0);
  points[3].measured.time = 0.3 * points[3].measured.time;
  CHECK(refused(Family::gemm_fp8, points).find("% of the peak") != std::string::npos);
  auto moved = copies({1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072});
  moved.back().measured.time = 0.5 * moved.back().measured.time;
  CHECK(refused(Family::elementwise, moved).find("% of the memory bandwidth") != std::string::npos);
  synthetic::Bench fp4(h200(), 0);
  auto no_peak = products(0);
  for (auto& point : no_peak) point.measured.kernel.dtype = DType::fp4;
  CHECK(refused(Family::gemm_fp8, no_peak) == "H200-SXM-141GB states no peak in this precision");
}

TEST_CASE("times that follow no such curve are refused by the held-out half") {
  auto points = copies({1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288});
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i].measured.time = (i % 3 == 0 ? 5.0 : i % 3 == 1 ? 1.0 : 20.0) * points[i].measured.time;
  CHECK(refused(Family::elementwise, points).find("misses half of the held-out points") == 0);
}

TEST_CASE("GEMMs bound by memory say how fast memory is, not how fast tensor cores are") {
  auto gpu = h200();
  gpu.curves[static_cast<std::size_t>(Family::gemm_fp8)]->bandwidth_fraction = 0.9;
  synthetic::Bench bench(gpu, 0);
  bench.points = products(0);
  for (const std::int64_t n :
       {32768, 49152, 65536, 81920, 98304, 114688, 131072, 147456, 163840, 180224, 196608, 212992})
    bench.add("decode", synthetic::gemm(Family::gemm_fp8, DType::fp8, 16, n, 7168));
  const auto fit = fit_family(Family::gemm_fp8, bench.points, h200());  // whose bound is 0.8
  REQUIRE(fit.curve);
  CHECK(fit.curve->bandwidth_fraction == Approx(0.9).epsilon(1e-3));
  CHECK(fit.curve->efficiency == Approx(0.741).epsilon(1e-3));
}

TEST_CASE("other tiles are told by their waves") {
  auto gpu = h200();
  auto& curve = *gpu.curves[static_cast<std::size_t>(Family::gemm_fp8)];
  curve.tile_n = 256;
  synthetic::Bench bench(gpu, 0);
  for (const std::int64_t m : {640, 1152, 2176, 4224})
    for (const auto& [n, k] : synthetic::v3_products)
      bench.add("gemm", synthetic::gemm(Family::gemm_fp8, DType::fp8, m, n, k));
  const auto fit = fit_family(Family::gemm_fp8, bench.points, h200());
  CHECK(fit.form == "tile 128x256");
  CHECK(fit.held_out->median < 1e-3);
}

TEST_CASE("weight gradients that accumulate and kernels without promotion are rates beside the grid") {
  const Family family = Family::gemm_fp8_tensor;
  auto gpu = h200();
  auto& curve = *gpu.curves[static_cast<std::size_t>(family)];
  curve.accumulation = Sourced<double>{0.9, {}};
  curve.promoted = Sourced<double>{0.8, {}};
  synthetic::Bench bench(gpu, 0);
  const auto add = [&](const std::string& name, std::int64_t m, std::int64_t n, std::int64_t k) {
    Kernel kernel = synthetic::gemm(family, DType::fp8, m, n, k);
    name_variant(name, kernel);
    bench.add("gemm", kernel).kernel = name;
  };
  for (const std::int64_t m : {1024, 4096, 16384})
    for (const std::int64_t n : {2048, 8192, 16384})
      for (const std::int64_t k : {2048, 4096, 8192}) {
        add("gemm_fp8_tensor", m, n, k);
        if (n == 8192) add("gemm_fp8_tensor_fast", m, n, k);
        if (n == 2048) add("gemm_fp8_tensor_wgrad", m, n, k);
      }
  const auto fit = fit_family(family, bench.points, h200());
  REQUIRE(fit.curve);
  CHECK(fit.points == 45);
  CHECK(fit.form == "grid 3x3x3");
  REQUIRE(fit.curve->promoted);
  CHECK(fit.curve->promoted->value == Approx(0.8).margin(0.002));
  REQUIRE(fit.curve->accumulation);
  CHECK(fit.curve->accumulation->value == Approx(0.9).margin(0.002));
  const auto part = with_grid(h200(), family, *fit.curve, *fit.grid);
  for (const auto& point : bench.points)
    CHECK(predict(point.measured, part) / point.measured.time == Approx(1).epsilon(0.005));
}
