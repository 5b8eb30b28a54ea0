// Every fitted number of topologies/parts is fitted again here, from the published rows beside this file: a
// number typed by hand does not pass. kernels_test.cpp judges the curves on kernels they were not fitted to.

#include "catch.hpp"
#include "curve_data.hpp"
#include "spec/load.hpp"
#include "trace_data.hpp"

using namespace foretrain;
using namespace foretrain::hardware;
using namespace foretrain::published;

namespace {

using hardware::Curve;

const GpuSpec& h800() {
  static const GpuSpec gpu = spec::load_gpu(FORETRAIN_ROOT "/topologies/parts/h800.yaml");
  return gpu;
}
const Curve& curve(Family family) {
  return *h800().curves[static_cast<std::size_t>(family)];
}
const Curve& independent(Family family) {
  return *h800().independent_curves[static_cast<std::size_t>(family)];
}

constexpr std::size_t index(Family family) {
  return static_cast<std::size_t>(family);
}

// The files carry 3 significant digits, or 2 decimals of a microsecond.
void same(double in_file, double fitted, double rounding) {
  CAPTURE(in_file, fitted);
  CHECK(std::abs(in_file - fitted) <= rounding * 1.01);
}
void same(const Curve& in_file, const TileFit& fit) {
  same(in_file.efficiency, fit.efficiency, 0.0005);
  same(in_file.tile_overhead.base() * 1e6, fit.tile_overhead.base() * 1e6, 0.005);
}
void same(const Curve& in_file, const BandwidthFit& fit) {
  same(in_file.bandwidth_fraction, fit.bandwidth_fraction, 0.0005);
  same(in_file.per_launch.base() * 1e6, fit.per_launch.base() * 1e6, 0.005);
}

std::vector<Measurement> joined(std::vector<Measurement> a, const std::vector<Measurement>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

double stream_fraction(const std::string& op) {
  for (const auto& row : read_csv("memory_ops_h100.csv"))
    if (row.at("op") == op) return number(row, "gbs") * 1e9 / h800().hbm_bandwidth.value.base();
  return 0;
}

// FlashAttention-3's efficiency by length; backward without the kernels before and after the main one, which
// move per token and head: O, dO and an FP32 dQ cleared; the FP32 dQ read and a BF16 one written.
std::vector<double> flash_attention_3(const std::string& direction) {
  std::vector<double> efficiencies;
  for (const auto& row : read_csv("attention_gh100.csv")) {
    if (row.at("kernel") != "FlashAttention-3" || row.at("direction") != direction) continue;
    const double moved = number(row, "batch") * number(row, "seq") * number(row, "heads") *
                         (4 * number(row, "d_v") + (4 + 4 + 2) * number(row, "d_qk"));
    const double all = number(row, "time_us") * 1e-6;
    const double rate = stream_fraction("stream_copy") * h800().hbm_bandwidth.value.base();
    const double main = direction == "backward" ? all - moved / rate : all;
    efficiencies.push_back(number(row, "tflops") * 1e12 * all / main / h800().peak_bf16.value.base());
  }
  return efficiencies;
}

const std::vector<Family> bandwidth_families{
    Family::fp8_cast, Family::e5m6_cast,   Family::fp8_cast_transpose, Family::rmsnorm,
    Family::swiglu,   Family::layout_copy, Family::rope,               Family::rmsnorm_backward,
    Family::elementwise, Family::weight_transpose};
bool is_norm(Family family) {
  return family == Family::rmsnorm || family == Family::rmsnorm_backward;
}
// Launch-bound, or (permute) with index kernels of four blocks that take 240 us a layer to move 6 MB.
const std::vector<Family> tiny_families{Family::permute, Family::gating, Family::scale_transpose,
                                        Family::memset_copy};

}  // namespace

TEST_CASE("FP8 GEMM curves are DeepGEMM's first release, to 2 percent a shape") {
  for (const auto& [family, kind] :
       {std::pair{Family::gemm_fp8, "dense"}, std::pair{Family::grouped_gemm_fp8, "grouped_contiguous"}}) {
    const auto points = deepgemm(kind, "2025-02-25");
    const auto fit = fit_tile_curve(points, h800(), 128, 128);
    same(curve(family), fit);
    CHECK(fit.error.worst < 0.02);
    same(curve(family).from.spread, disagreement(points, deepgemm(kind, "2025-03-25")), 0.005);
  }
}

TEST_CASE("GEMM tiles cannot outrun the best memory-bound DeepGEMM row") {
  double best = 0;
  for (const auto& row : read_csv("deepgemm_h800.csv"))
    if (number(row, "m") < 4096) best = std::max(best, number(row, "gbs"));
  same(curve(Family::gemm_fp8).bandwidth_fraction, best * 1e9 / h800().hbm_bandwidth.value.base(), 0.005);
}

TEST_CASE("the BF16 GEMM table is uncertain by what two frameworks disagree in") {
  same(curve(Family::gemm_bf16).from.spread, disagreement(bf16_gemms("time_us"), bf16_gemms("other_us")),
       0.005);
}

TEST_CASE("attention curves have FlashAttention-3's shape over length") {
  const auto forward = flash_attention_3("forward"), backward = flash_attention_3("backward");
  for (std::size_t i = 0; i < forward.size(); ++i) {
    same(curve(Family::attention_forward).efficiencies[i], forward[i], 0.0005);
    same(independent(Family::attention_backward).efficiencies[i], backward[i], 0.0005);
  }
  const auto points = trace(Family::attention_backward, {0, 2});
  const double factor = fit_table_factor(points, h800(), independent(Family::attention_backward));
  CHECK(factor == Approx(1.15).margin(0.01));  // d_qk 192: more matrix work for each exponential
  for (std::size_t i = 0; i < backward.size(); ++i)
    same(curve(Family::attention_backward).efficiencies[i], factor * backward[i], 0.0005);
  for (const auto* bound : {&curve(Family::attention_forward), &curve(Family::attention_backward)})
    same(bound->bandwidth_fraction, stream_fraction("stream_copy"), 0.0005);
}

TEST_CASE(
    "weight-gradient curves are the trace's rounds 0 and 2; without it they are derived from gemm_fp8") {
  const auto points = joined(trace(Family::wgrad_fp8, {0, 2}), trace(Family::grouped_wgrad_fp8, {0, 2}));
  const auto fit = fit_tile_curve(points, h800(), 128, 128);
  same(curve(Family::wgrad_fp8), fit);
  same(curve(Family::grouped_wgrad_fp8), fit);

  // A tile reads and writes 128 x 128 FP32 where gemm_fp8 writes as many BF16: 8 - 2 = 6 bytes an element
  // more.
  const auto& dense = curve(Family::gemm_fp8);
  const double sm_share = h800().hbm_bandwidth.value.base() * dense.bandwidth_fraction / 132;
  for (const Family family : {Family::wgrad_fp8, Family::grouped_wgrad_fp8}) {
    CHECK(independent(family).bound);
    CHECK(independent(family).efficiency == dense.efficiency);
    same(independent(family).tile_overhead.base() * 1e6,
         dense.tile_overhead.base() * 1e6 + 6.0 * 128 * 128 / sm_share * 1e6, 0.01);
  }
}

TEST_CASE("memory-bound curves are the trace's rounds 0 and 2") {
  for (const Family family : bandwidth_families) {
    CAPTURE(std::string(name_of(family)));
    CHECK(curve(family).whole_chip == is_norm(family));
    same(curve(family), fit_bandwidth_curve(trace(family, {0, 2}), h800(), {.whole_chip = is_norm(family)}));
    CHECK(curve(family).fitted_on == "trace rounds 0 and 2");
  }
  for (const Family family : tiny_families) {
    CAPTURE(std::string(name_of(family)));
    same(curve(family), fit_launch_time(trace(family, {0, 2}), h800(), stream_fraction("stream_copy")));
  }
}

TEST_CASE("memory-bound curves without the trace are the H100 tables', or a copy's as their bound") {
  for (const Family family : {Family::fp8_cast, Family::e5m6_cast, Family::fp8_cast_transpose})
    same(independent(family), fit_bandwidth_curve(memory_ops(family, {"quantise"}), h800()));
  same(independent(Family::swiglu),
       fit_bandwidth_curve(memory_ops(Family::swiglu, {"swiglu_forward"}), h800()));
  // Logits taken as BF16: read once forward; read and their gradient written backward.
  const auto logits = joined(memory_ops(Family::cross_entropy, {"cross_entropy_forward"}, 2),
                             memory_ops(Family::cross_entropy, {"cross_entropy_both"}, 2 + 4));
  same(curve(Family::cross_entropy), fit_bandwidth_curve(logits, h800()));
  for (const Family family :
       {Family::permute, Family::layout_copy, Family::rope, Family::weight_transpose, Family::elementwise}) {
    CHECK(independent(family).bound);
    same(independent(family).bandwidth_fraction, stream_fraction("stream_copy"), 0.0005);
  }
  CHECK(independent(Family::e5m6_cast).bound);
  for (const Family family : {Family::attention_backward, Family::fp8_cast, Family::fp8_cast_transpose,
                              Family::rmsnorm, Family::rmsnorm_backward, Family::swiglu})
    CHECK(!independent(family).bound);
  same(curve(Family::embedding).bandwidth_fraction, stream_fraction("stream_copy"), 0.0005);
  same(curve(Family::optimizer).bandwidth_fraction, stream_fraction("stream_triad"), 0.0005);
}

TEST_CASE("norm curves without the trace are the median of the libraries', capped at this HBM's copy") {
  for (const auto& [family, direction] :
       {std::pair{Family::rmsnorm, "forward"}, std::pair{Family::rmsnorm_backward, "backward"}}) {
    CAPTURE(direction);
    const auto rates =
        norm_rates(direction, h800().hbm_bandwidth.value * stream_fraction("stream_copy"));
    REQUIRE(rates.size() % 2 == 1);
    const double median = rates[rates.size() / 2];
    same(independent(family).bandwidth_fraction, median / h800().hbm_bandwidth.value.base(), 0.0005);
    same(independent(family).from.spread, (rates.back() - rates.front()) / 2 / median, 0.005);
    CHECK(independent(family).per_launch == Seconds{});
    CHECK(independent(family).whole_chip);
  }
}

TEST_CASE("both GH100 parts have every family and differ where NVLink does") {
  const auto h100 = spec::load_gpu(FORETRAIN_ROOT "/topologies/parts/h100.yaml");
  CHECK(missing_curves(h800()).empty());
  CHECK(missing_curves(h100).empty());
  CHECK(h100.nvlink.value > h800().nvlink.value);
  for (std::size_t i = 0; i < family_count; ++i) {
    CAPTURE(std::string(family_names[i]));
    REQUIRE(h100.curves[i].has_value() == h800().curves[i].has_value());
    if (!h100.curves[i]) {  // MXFP8 and NVFP4: not on this die
      CHECK((i >= index(Family::gemm_mxfp8) && i <= index(Family::grouped_gemm_nvfp4)));
      continue;
    }
    CHECK(h100.curves[i]->efficiency == h800().curves[i]->efficiency);
    CHECK(h100.curves[i]->bandwidth_fraction == h800().curves[i]->bandwidth_fraction);
    if (i != index(Family::layernorm))  // measured on an H200, borrowed by both
      CHECK(h100.curves[i]->borrowed_from.empty() != h800().curves[i]->borrowed_from.empty());
    const auto &one = h100.independent_curves[i], &other = h800().independent_curves[i];
    REQUIRE(one.has_value() == other.has_value());
    if (one) CHECK(one->bound == other->bound);
  }
}
