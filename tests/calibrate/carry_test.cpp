// Curves measured on one GPU, carried to another of the same die.

#include "calibrate/carry.hpp"

#include "calibrate/overhead.hpp"
#include "calibrate/synthetic_node.hpp"
#include "calibrate/trace_files.hpp"
#include "calibrate/write_part.hpp"
#include "catch.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using namespace foretrain::calibrate;
using namespace foretrain::testing;
using Catch::Matchers::Contains;
using synthetic::fit_of;

namespace {

hardware::GpuSpec part(const std::string& name) {
  return spec::load_gpu(FORETRAIN_ROOT "/topologies/parts/" + name + ".yaml");
}

// The H200's own curves as measurements of it, with a node's rows.
Calibration measured() {
  const auto h200 = part("h200");
  auto results = synthetic::everything(h200, 0);
  for (auto& point : synthetic::measured_node(h200, 0).points)
    if (point.suite != "memory") results.points.push_back(point);
  for (auto& point : results.points)
    if (point.family) point.measured.time += synthetic::event_pair;
  return calibrate::calibrate(without_overhead(results), h200);
}

}  // namespace

TEST_CASE("carried curves keep their shares and fixed times, and say where they were measured") {
  const auto h800 = part("h800");
  const auto here = measured();
  const auto there = carry(here, h800);
  CHECK(there.base.name == "H800-SXM5-80GB");
  CHECK_FALSE(there.collectives);
  CHECK(there.transfers.empty());
  for (const Family family : {Family::gemm_fp8, Family::elementwise, Family::attention_forward}) {
    const auto &a = *fit_of(here, family).curve, &b = *fit_of(there, family).curve;
    CHECK(b.efficiency == a.efficiency);
    CHECK(b.bandwidth_fraction == a.bandwidth_fraction);
    CHECK(b.per_launch == a.per_launch);
    CHECK(b.borrowed_from == "H200-SXM-141GB");
    CHECK(b.from.spread == Approx(std::hypot(a.from.spread, 0.04)));
    CHECK_THAT(b.from.source, Contains("SYNTHETIC") && Contains("carried to H800-SXM5-80GB"));
  }
  // A copy takes longer by the ratio of the memories; a product that they do not bound takes as long.
  const auto gpu = with_curves(there), old = with_curves(here);
  const auto copy = synthetic::stream(Family::elementwise, 262144, 7168, 4, 2);
  CHECK(predict({copy, {}, {}}, gpu) / predict({copy, {}, {}}, old) == Approx(4800.0 / 3350).epsilon(0.01));
  const auto product = synthetic::gemm(Family::gemm_fp8, DType::fp8, 8192, 7168, 16384);
  CHECK(predict({product, {}, {}}, gpu) / predict({product, {}, {}}, old) == Approx(1));
  CHECK(gpu.launch_gap.value.base() == Approx(2.1e-6));
  CHECK(gpu.collectives.from.source == h800.collectives.from.source);
}

TEST_CASE("how blocks are launched belongs to the program and stays the target's") {
  const auto h800 = part("h800");
  REQUIRE(h800.curves[static_cast<std::size_t>(Family::rmsnorm)]->whole_chip);
  const auto there = carry(measured(), h800);
  CHECK(fit_of(there, Family::rmsnorm).curve->whole_chip);
  CHECK_FALSE(fit_of(there, Family::swiglu).curve->whole_chip);
}

TEST_CASE("the written part holds them as the main curves and as those of no trace") {
  const std::string base = FORETRAIN_ROOT "/topologies/parts/h800.yaml";
  const auto there = carry(measured(), part("h800"));
  const auto files = write_part(there, base, "/nowhere/part.yaml");
  std::string text = files.back().text;
  const auto at = text.find("base: ");
  text.replace(at, text.find('\n', at) - at, "base: \"" + base + "\"");
  const TextOnDisk file("part.yaml", text);
  const auto read = spec::load_gpu(file.path());
  CHECK(read.name == "H800-SXM5-80GB");
  for (const Family family : {Family::attention_backward, Family::swiglu, Family::rmsnorm}) {
    const auto i = static_cast<std::size_t>(family);
    for (const auto* curves : {&read.curves, &read.independent_curves}) {
      REQUIRE((*curves)[i]);
      CHECK((*curves)[i]->borrowed_from == "H200-SXM-141GB");
      CHECK((*curves)[i]->fitted_on.empty());
      CHECK_FALSE((*curves)[i]->bound);
    }
  }
  CHECK(read.curves[static_cast<std::size_t>(Family::permute)]->fitted_on == "trace rounds 0 and 2");
}

TEST_CASE("another die is refused") {
  const auto to = [](const std::string& name) { return complaint([&] { carry(measured(), part(name)); }); };
  CHECK_THAT(to("a100-sxm-80gb"), Contains("132 and 108 SMs"));
  CHECK_THAT(to("h20"), Contains("curves of H200-SXM-141GB do not fit"));
  auto weak = part("h800");
  weak.peak_bf16.value = 0.9 * weak.peak_bf16.value;
  CHECK_THAT(complaint([&] { carry(measured(), weak); }), Contains("peaks of 989 and 890 TFLOP/s"));
}
