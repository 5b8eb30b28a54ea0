// A part's curves make synthetic results, those make a part, and its prices are the first one's again.

#include <fstream>

#include "calibrate/find_part.hpp"
#include "calibrate/h200.hpp"
#include "calibrate/synthetic.hpp"
#include "calibrate/write_part.hpp"
#include "catch.hpp"
#include "scratch.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using namespace foretrain::calibrate;
using synthetic::fit_of;
using testing::h200;
using testing::h200_path;

namespace {

const std::string fixture = FORETRAIN_ROOT "/validate/results/synthetic-h200.csv";

hardware::GpuSpec written_and_read(const Calibration& calibration) {
  const testing::Scratch folder;
  for (const auto& file : write_part(calibration, h200_path, folder.file("part.yaml")))
    std::ofstream(file.path, std::ios::binary) << file.text;
  return spec::load_gpu(folder.file("part.yaml"));
}

}  // namespace

TEST_CASE("a part made of its own noisy times prices kernels within the noise") {
  const double noise = GENERATE(0.0, 0.01, 0.03);
  const auto results = synthetic::everything(h200(), noise);
  const auto part = written_and_read(calibrate::calibrate(results, h200()));
  for (const Family family :
       {Family::gemm_fp8, Family::grouped_gemm_fp8, Family::attention_forward, Family::attention_backward,
        Family::elementwise, Family::rmsnorm, Family::swiglu}) {
    std::vector<hardware::Measurement> asked;
    for (const auto& point : results.points)
      if (point.family == family)
        asked.push_back({point.measured.kernel, {}, predict({point.measured.kernel, {}, {}}, h200())});
    const auto error = assess(asked, part);
    CAPTURE(name_of(family), noise, error.median, error.p90);
    CHECK(error.median < 0.004 + 1.3 * noise);
    CHECK(error.p90 < 0.03 + 2.5 * noise);
    const auto& from = part.curves[static_cast<std::size_t>(family)]->from;
    CHECK(from.source.find("SYNTHETIC") == 0);
    CHECK(from.where.find("part.yaml:") != std::string::npos);
    CHECK(from.spread >= 0.01);
  }
}

TEST_CASE("a family measured on a whole grid becomes a grid that meets its own points") {
  const auto results = synthetic::everything(h200(), 0);
  const auto calibration = calibrate::calibrate(results, h200(), true);
  const auto& fit = fit_of(calibration, Family::gemm_bf16);
  REQUIRE(fit.curve);
  CHECK(fit.form == "grid 4x3x3");
  CHECK(fit.fitted_on == 36);
  CHECK(fit.held_out->points == 7);
  const auto part = written_and_read(calibration);
  for (const auto& point : results.points)
    if (point.family == Family::gemm_bf16 && point.measured.kernel.m != 6144)
      CHECK(predict(point.measured, part) / point.measured.time == Approx(1).epsilon(0.002));
}

TEST_CASE("a grid too coarse for its base gives way to it, unless that is asked for") {
  const auto results = synthetic::everything(h200(), 0.01);
  const auto calibration = calibrate::calibrate(results, h200());
  const auto& fit = fit_of(calibration, Family::gemm_bf16);
  CHECK(fit.worse);
  CHECK_FALSE(fit.curve);
  CHECK(fit.held_out->median > fit.base->median + fit.noise);
  CHECK(fit.reason.find("the base's curve by more than 0.5 %: further apart than the 1.4 %") !=
        std::string::npos);
  CHECK(written_and_read(calibration).curves[static_cast<std::size_t>(Family::gemm_bf16)]->from.source ==
        h200().curves[static_cast<std::size_t>(Family::gemm_bf16)]->from.source);
  const auto kept = calibrate::calibrate(results, h200(), true);
  CHECK(fit_of(kept, Family::gemm_bf16).worse);
  CHECK(fit_of(kept, Family::gemm_bf16).curve);
  CHECK(kept.kept() == calibration.kept() + 1);
}

TEST_CASE("curves that were refused or never measured are the base's") {
  const auto calibration = calibrate::calibrate(synthetic::everything(h200(), 0.01), h200());
  CHECK_FALSE(fit_of(calibration, Family::optimizer).curve);
  CHECK(fit_of(calibration, Family::optimizer).reason == "3 points: a bandwidth curve needs 6");
  CHECK(fit_of(calibration, Family::rope).reason.find("further apart than") != std::string::npos);
  CHECK(calibration.unused.hot == 1);
  CHECK(calibration.unused.no_family == 0);
  REQUIRE(calibration.collectives);
  CHECK(calibration.collectives->reason.find("1 points: a table of collectives needs 12") == 0);
  const auto part = written_and_read(calibration);
  for (std::size_t i = 0; i < family_count; ++i) {
    const auto family = static_cast<Family>(i);
    if (family == Family::optimizer || family == Family::rope || family == Family::permute ||
        family == Family::wgrad_fp8)
      CHECK(part.curves[i]->from.source == h200().curves[i]->from.source);
  }
  CHECK(part.name == h200().name);
}

TEST_CASE("the same points give the same files, whatever their order in the results") {
  auto results = synthetic::everything(h200(), 0.01);
  const auto once = write_part(calibrate::calibrate(results, h200(), true), h200_path, "/nowhere/part.yaml");
  const auto again = write_part(calibrate::calibrate(results, h200(), true), h200_path, "/nowhere/part.yaml");
  REQUIRE(once.size() == 2);
  CHECK(once.back().path == "/nowhere/part.yaml");
  CHECK(once.front().path == "/nowhere/part_gemm_bf16.csv");
  for (std::size_t i = 0; i < once.size(); ++i) CHECK(once[i].text == again[i].text);
  const auto halves = [](const Calibration& c) {
    std::vector<std::pair<std::size_t, double>> all;
    for (const auto& fit : c.families) all.push_back({fit.fitted_on, fit.curve ? fit.held_out->median : 0});
    return all;
  };
  const auto forward = halves(calibrate::calibrate(results, h200()));
  std::reverse(results.points.begin(), results.points.end());
  const auto backward = halves(calibrate::calibrate(results, h200()));
  REQUIRE(forward.size() == backward.size());
  for (std::size_t i = 0; i < forward.size(); ++i) {
    CHECK(forward[i].first == backward[i].first);
    CHECK(forward[i].second == Approx(backward[i].second).margin(1e-9));
  }
}

TEST_CASE("the synthetic fixture is what the curves of the H200 part say, and says that it is synthetic") {
  const std::string made = synthetic::file_of(synthetic::everything(h200(), 0.01));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(fixture, std::ios::binary) << made;
  std::ostringstream kept;
  kept << std::ifstream(fixture, std::ios::binary).rdbuf();
  CHECK(kept.str() == made);
  const auto read = read_results({fixture});
  REQUIRE(read.size() == 1);
  CHECK(read.front().device.state == State::synthetic);
  CHECK(read.front().points.size() == synthetic::everything(h200(), 0.01).points.size());
}

TEST_CASE("a part does not stand on itself") {
  const auto calibration = calibrate::calibrate(synthetic::everything(h200(), 0), h200());
  CHECK_THROWS_WITH(write_part(calibration, "a/part.yaml", "a/./part.yaml"),
                    Catch::Contains("would stand on itself"));
  CHECK(write_part(calibration, "parts/h200.yaml", "out/part.yaml")
            .back()
            .text.find("base: \"../parts/h200.yaml\"") != std::string::npos);
}

TEST_CASE("interference measured by the law agrees with it; slower kernels do not") {
  auto results = synthetic::everything(h200(), 0);
  const auto lawful = calibrate::calibrate(results, h200()).interference;
  REQUIRE(lawful.size() == 10);
  for (const auto& row : lawful) {
    CHECK(row.points == (row.family == Family::gemm_fp8 ? 7 : 2));
    CHECK(row.measured > 1.0);
    CHECK(row.error < 0.02);
  }
  for (auto& point : results.points)
    if (point.measured.conditions.sms_taken == 32) point.measured.time = 1.2 * point.measured.time;
  for (const auto& row : calibrate::calibrate(results, h200()).interference)
    if (row.sms_taken == 32) CHECK(row.error == Approx(1 - 1 / 1.2).margin(0.02));
}

TEST_CASE("kernels named by what ran beside them are compared with the same kernel alone") {
  synthetic::Bench bench(h200(), 0);
  const Kernel kernel = synthetic::gemm(Family::gemm_fp8, DType::fp8, 4096, 7168, 16384);
  const auto add = [&](const std::string& name, hardware::Conditions beside) {
    auto& point = bench.add("interference", kernel, beside);
    point.kernel = name;
    point.cold = false;
  };
  add("gemm_fp8_beside_copy_0", {});
  add("gemm_fp8_beside_copy_10", {.sms_taken = 20, .hbm_taken = 0.091});
  add("gemm_fp8_beside_copy_10", {.sms_taken = 24, .hbm_taken = 0.088});
  add("gemm_fp8_beside_copy_25", {.sms_taken = 20, .hbm_taken = 0.113});
  add("another_beside_copy_25", {.sms_taken = 20, .hbm_taken = 0.113});
  const auto rows = compare_interference(bench.points, h200());
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].sms_taken == 20);
  CHECK(rows[0].points == 2);
  CHECK(rows[0].hbm_taken == Approx(0.102));
  CHECK(rows[0].error < 1e-9);
  CHECK(rows[1].points == 1);
}

TEST_CASE("the part of a device is found by the words of its name") {
  CHECK(same_device("H200-SXM-141GB", "NVIDIA H200"));
  CHECK(same_device("H100-SXM-80GB", "NVIDIA H100 80GB HBM3"));
  CHECK_FALSE(same_device("H100-96GB-500W", "NVIDIA H100 80GB HBM3"));
  CHECK_FALSE(same_device("H100-SXM-80GB", "NVIDIA H100 PCIe"));
  CHECK_FALSE(same_device("H100-SXM-80GB", "NVIDIA GH200 480GB"));
  CHECK_FALSE(same_device("B200-SXM", "NVIDIA GB200"));
  CHECK(same_device("A100-SXM-40GB", "NVIDIA A100-SXM4-40GB"));
  CHECK_FALSE(same_device("A100-SXM-40GB", "NVIDIA A100-SXM4-80GB"));
  CHECK(part_of_device("NVIDIA H200", FORETRAIN_ROOT) == h200_path);
  CHECK_THROWS_WITH(part_of_device("NVIDIA H100", FORETRAIN_ROOT), Catch::Contains("h100-500w"));
  CHECK_THROWS_WITH(part_of_device("NVIDIA L4", FORETRAIN_ROOT), Catch::Contains("--part"));
}
