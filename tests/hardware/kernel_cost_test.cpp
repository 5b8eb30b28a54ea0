#include "hardware/kernel_cost.hpp"

#include "catch.hpp"
#include "parts.hpp"

using namespace foretrain;
using namespace foretrain::hardware;

namespace {
double us(Seconds t) {
  return t.base() * 1e6;
}
// One 128 x 128 tile with k = 1000 at half of 1 TFLOP/s, and 3 us around it.
const double tile_us = 2.0 * 128 * 128 * 1000 / 0.5e12 * 1e6 + 3.0;
}  // namespace

TEST_CASE("a GEMM costs its waves of tiles, the launch gap apart") {
  const auto gpu = round_gpu();
  const auto p = price(gemm(128 * 10, 128 * 10, 1000), gpu, {});
  CHECK(us(p.busy) == Approx(tile_us));
  CHECK(us(p.time) == Approx(tile_us + 2.0));
  CHECK(p.curve == &*gpu.curves[static_cast<std::size_t>(Family::gemm_fp8)]);
}

TEST_CASE("tiles are quantised in waves: t - 1 and t cost one wave, t + 1 costs two") {
  const auto gpu = round_gpu();
  CHECK(us(price(gemm(128 * 99, 128, 1000), gpu, {}).busy) == Approx(tile_us));
  CHECK(us(price(gemm(128 * 100, 128, 1000), gpu, {}).busy) == Approx(tile_us));
  CHECK(us(price(gemm(128 * 100 + 1, 128, 1000), gpu, {}).busy) == Approx(2 * tile_us));
  CHECK(us(price(gemm(128 * 200, 128, 1000), gpu, {}).busy) == Approx(2 * tile_us));
}

TEST_CASE("groups round up their own rows, weight gradients split k instead") {
  const auto forward = gemm(400, 128, 1000, 4, Family::grouped_gemm_fp8);  // 100 rows a group: one tile each
  CHECK(count_tiles(forward, 128, 128) == 4);
  CHECK(main_loop_length(forward) == 1000);
  const auto gradient = gemm(256, 128, 4000, 4, Family::grouped_wgrad_fp8);
  CHECK(count_tiles(gradient, 128, 128) == 8);
  CHECK(main_loop_length(gradient) == 1000);
}

TEST_CASE("reserved SMs cost a GEMM waves and attention a share of its rate") {
  const auto gpu = round_gpu();
  Conditions beside;
  beside.sms_taken = 20;
  CHECK(us(price(gemm(128 * 80, 128, 1000), gpu, beside).busy) == Approx(tile_us));
  CHECK(us(price(gemm(128 * 81, 128, 1000), gpu, beside).busy) == Approx(2 * tile_us));

  Kernel attention;
  attention.family = Family::attention_forward;
  attention.k = 2048;  // 4096 keys, half of them masked
  attention.work = flops(75e9);
  CHECK(us(price(attention, gpu, {}).busy) == Approx(75e9 / (50e12 * 0.75) * 1e6));
  CHECK(us(price(attention, gpu, beside).busy) == Approx(75e9 / (50e12 * 0.75 * 0.8) * 1e6));
}

TEST_CASE("a memory-bound kernel shares HBM and ignores reserved SMs") {
  const auto gpu = round_gpu();
  CHECK(us(price(cast(1e6), gpu, {}).busy) == Approx(2.0 + 1.0));
  Conditions beside;
  beside.sms_taken = 20;
  CHECK(us(price(cast(1e6), gpu, beside).busy) == Approx(3.0));
  beside.hbm_taken = 0.2;
  CHECK(us(price(cast(1e6), gpu, beside).busy) == Approx(2.5 + 1.0));
  CHECK(us(price(cast(1e6, 3), gpu, {}).time) == Approx(2.0 + 3 * (1.0 + 2.0)));
}

TEST_CASE("a grid of one wave of the whole chip takes two as soon as one SM is missing") {
  auto gpu = round_gpu();
  curve_for(gpu, Family::fp8_cast).whole_chip = true;
  Conditions beside;
  CHECK(us(price(cast(1e6), gpu, beside).busy) == Approx(2.0 + 1.0));
  beside.sms_taken = GENERATE(1, 20, 50);
  CHECK(us(price(cast(1e6), gpu, beside).busy) == Approx(2 * 2.0 + 1.0));
  beside.communicating = false;  // reserved, but empty
  CHECK(us(price(cast(1e6), gpu, beside).busy) == Approx(2.0 + 1.0));
  beside.communicating = true;
  beside.sms_taken = 51;
  CHECK(us(price(cast(1e6), gpu, beside).busy) == Approx(3 * 2.0 + 1.0));
}

TEST_CASE("the slower side of the roofline counts, not their sum") {
  const auto gpu = round_gpu();
  auto kernel = gemm(128, 128, 1000);
  kernel.read = bytes(90e6);  // 90 us at 1 TB/s
  const auto p = price(kernel, gpu, {});
  CHECK(us(p.memory) == Approx(90.0));
  CHECK(us(p.compute) == Approx(tile_us));
  CHECK(us(p.busy) == Approx(90.0));
}

TEST_CASE("a table is linear in the logarithm of the size and flat outside its range") {
  const std::vector<double> at{1024, 4096}, values{0.25, 0.75};
  CHECK(interpolate(at, values, 1) == 0.25);
  CHECK(interpolate(at, values, 1024) == 0.25);
  CHECK(interpolate(at, values, 2048) == Approx(0.5));
  CHECK(interpolate(at, values, 4096) == 0.75);
  CHECK(interpolate(at, values, 131072) == 0.75);
}

TEST_CASE("more work is never cheaper") {
  const auto gpu = round_gpu();
  Seconds previous{};
  for (std::int64_t m = 1; m < 40000; m += 97) {
    const auto t = price(gemm(m, 384, 500), gpu, {}).time;
    CHECK(t >= previous);
    previous = t;
  }
  previous = {};
  for (std::int64_t k = 1; k < 4000; k += 7) {
    const auto t = price(gemm(4096, 384, k), gpu, {}).time;
    CHECK(t > previous);
    previous = t;
  }
  previous = {};
  for (double moved = 1; moved < 1e9; moved *= 3) {
    const auto t = price(cast(moved), gpu, {}).time;
    CHECK(t > previous);
    previous = t;
  }
}

TEST_CASE("without trace-fitted curves those measured elsewhere are used, and bounds only when asked for") {
  auto gpu = round_gpu();
  auto& slot = gpu.independent_curves[static_cast<std::size_t>(Family::fp8_cast)];
  slot = Curve{};
  slot->bandwidth_fraction = 0.25;
  Conditions measured, bounds;
  measured.sources = Sources::measured;
  bounds.sources = Sources::bounds;
  CHECK(us(price(cast(1e6), gpu, {}).memory) == Approx(2.0));
  CHECK(us(price(cast(1e6), gpu, measured).memory) == Approx(4.0));
  CHECK(us(price(cast(1e6), gpu, bounds).memory) == Approx(4.0));
  slot->bound = true;
  CHECK(us(price(cast(1e6), gpu, {}).memory) == Approx(2.0));
  CHECK(us(price(cast(1e6), gpu, measured).memory) == Approx(2.0));
  CHECK(us(price(cast(1e6), gpu, bounds).memory) == Approx(4.0));
  for (const auto& conditions : {measured, bounds})
    CHECK(price(gemm(128, 128, 1000), gpu, conditions).busy == price(gemm(128, 128, 1000), gpu, {}).busy);
}

TEST_CASE("attention of an older generation runs by its own curve, where the part has one") {
  auto gpu = round_gpu();
  Kernel attention;
  attention.family = Family::attention_forward;
  attention.k = 2048;  // a sequence of 4096: 0.75 of 50 TFLOP/s
  attention.work = flops(37.5e6);
  CHECK(us(price(attention, gpu, {}).compute) == Approx(1.0));
  CHECK(us(price(attention, with_attention(gpu, AttentionKernel::flash2), {}).compute) == Approx(1.0));
  auto& older = gpu.attention_kernels[static_cast<std::size_t>(AttentionKernel::flash2)];
  older = *gpu.curves[static_cast<std::size_t>(Family::attention_forward)];
  older->efficiencies = {0.25, 0.25};
  CHECK(us(price(attention, gpu, {}).compute) == Approx(1.0));
  CHECK(us(price(attention, with_attention(gpu, AttentionKernel::fastest), {}).compute) == Approx(1.0));
  CHECK(us(price(attention, with_attention(gpu, AttentionKernel::flash1), {}).compute) == Approx(1.0));
  for (const Family family : {Family::attention_forward, Family::attention_backward}) {
    attention.family = family;
    const auto old = with_attention(gpu, AttentionKernel::flash2);
    CHECK(us(price(attention, old, {}).compute) == Approx(3.0));
    CHECK(price(gemm(128, 128, 1000), old, {}).busy == price(gemm(128, 128, 1000), gpu, {}).busy);
  }
}

TEST_CASE("families without a curve are named") {
  auto gpu = round_gpu();
  const auto missing = missing_curves(gpu);
  CHECK(missing.size() == static_cast<std::size_t>(Family::optimizer) + 1 - 5);  // DeepSeek's families
  CHECK(missing.front() == Family::wgrad_fp8);
  CHECK(missing_curves(gpu, {Family::fp8_cast, Family::gelu}) == std::vector{Family::gelu});
}
