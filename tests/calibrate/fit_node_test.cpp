// What an event pair, a launch, a copy and a collective say: taken out, fitted, refused.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "calibrate/h200.hpp"
#include "calibrate/overhead.hpp"
#include "calibrate/results_text.hpp"
#include "calibrate/synthetic_node.hpp"
#include "calibrate/trace_files.hpp"
#include "calibrate/write_part.hpp"
#include "catch.hpp"
#include "spec/load.hpp"

using namespace foretrain;
using namespace foretrain::calibrate;
using Catch::Matchers::Contains;
using testing::h200;
using testing::h200_path;
using testing::row;

namespace {

const std::string node_fixture = FORETRAIN_ROOT "/validate/results/synthetic-h200-node.csv";

Calibration calibrated(Results results) {
  return calibrate::calibrate(without_overhead(std::move(results)), h200());
}

// The published rows of one GPU as points, the odd powers of two or all.
std::vector<Point> published_nccl(const std::string& device) {
  std::vector<Point> points;
  std::ifstream in(FORETRAIN_ROOT "/tests/published/nccl.csv");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(device + ",")) continue;
    std::istringstream cells(line);
    std::string cell, op;
    double numbers[3]{};
    std::getline(cells, cell, ',');
    std::getline(cells, op, ',');
    for (double& number : numbers) {
      std::getline(cells, cell, ',');
      number = std::strtod(cell.c_str(), nullptr);
    }
    points.push_back(synthetic::node_row("comm", op == "alltoall" ? "all_to_all" : op, numbers[1],
                                         seconds(numbers[2] * 1e-6), static_cast<std::int64_t>(numbers[0])));
    points.back().spread = 0;
  }
  return points;
}

}  // namespace

TEST_CASE("what an event pair sees of an empty kernel is taken from each kernel of its file, once") {
  auto with = synthetic::measured_node(h200(), 0);
  const auto net = without_overhead(with);
  REQUIRE(net.overheads.size() == 1);
  CHECK(net.overheads.front().reason.empty());
  CHECK(net.overheads.front().rows == 8 + 15);  // memory kernels and copies
  for (std::size_t i = 0; i < net.points.size(); ++i) {
    const Seconds less = with.points[i].measured.time - net.points[i].measured.time;
    CHECK(less.base() == Approx(timed_alone(with.points[i]) ? 1.2e-6 : 0.0).margin(1e-15));
  }
  const auto fit = calibrated(with).families.front();
  REQUIRE(fit.curve);
  CHECK(fit.curve->per_launch.base() == Approx(2.71e-6).epsilon(1e-6));
  CHECK(fit.curve->from.source.find("less 1.20 us of an empty kernel") != std::string::npos);
  with.points.erase(std::find_if(with.points.begin(), with.points.end(),
                                 [](const Point& point) { return point.kernel == "empty_kernel"; }));
  CHECK(without_overhead(with).overheads.empty());
  CHECK(calibrated(with).families.front().curve->per_launch.base() == Approx(3.91e-6).epsilon(1e-6));
}

TEST_CASE("an empty kernel that cannot be one is refused, and nothing is taken") {
  auto results = synthetic::measured_node(h200(), 0);
  row(results, "empty_kernel").measured.time = seconds(11e-6);
  auto net = without_overhead(results);
  CHECK_THAT(net.overheads.front().reason, Contains("11.00 us is more than a pair of events sees"));
  CHECK(net.overheads.front().rows == 0);
  CHECK(row(net, "elementwise").measured.time == row(results, "elementwise").measured.time);
  results = synthetic::measured_node(h200(), 0);
  row(results, "copy_to_gpu").measured.time = seconds(1.25e-6);
  net = without_overhead(results);
  CHECK_THAT(net.overheads.front().reason, Contains("copy_to_gpu took 1.25 us"));
  CHECK_FALSE(calibrated(results).launch->gap);
}

TEST_CASE("the launch gap is that from launch to launch, where an empty kernel was taken out") {
  auto results = synthetic::measured_node(h200(), 0);
  const auto launch = calibrated(results).launch;
  REQUIRE(launch);
  REQUIRE(launch->gap);
  CHECK(launch->gap->value.base() == Approx(2.1e-6));
  CHECK(launch->gap->from.spread == Approx(1 - 1.9 / 2.1));
  CHECK(launch->gap->from.source.find("SYNTHETIC") == 0);
  CHECK(launch->host.base() == Approx(2.4e-6));
  CHECK_THAT(fit_launch(results)->reason, Contains("no empty_kernel was taken"));
  row(results, "queued_launch").measured.time = seconds(40e-6);
  CHECK_THAT(calibrated(results).launch->reason, Contains("is no gap between launches"));
  row(results, "queued_launch").suite = "other";
  CHECK(calibrated(results).launch->reason == "no row queued_launch");
}

TEST_CASE("collectives that are slower than the table's are found, and the held-out sizes confirm it") {
  const double noise = GENERATE(0.0, 0.02);
  const auto fit =
      fit_collectives(synthetic::collectives(synthetic::slower(h200().collectives), noise), h200());
  REQUIRE(fit);
  REQUIRE(fit->rates);
  CHECK(fit->points == 96);
  CHECK(fit->held_out->median < 0.004 + 1.3 * noise);
  CHECK(fit->base->median > 0.08);
  CHECK(fit->rates->simple.rate / h200().collectives.simple.rate == Approx(0.9).epsilon(0.02 + noise));
  CHECK(fit->rates->exchange.rate / h200().collectives.exchange.rate == Approx(0.9).epsilon(0.02 + noise));
  CHECK(fit->rows.size() == 12);
  for (const auto& one : fit->rows) CHECK(one.held_out == 3);
}

TEST_CASE("H200's published collectives are met from the tables of other GPUs") {
  const std::string other = GENERATE("a100", "h100", "b200");
  auto gpu = h200();
  gpu.collectives = spec::load_collectives(FORETRAIN_ROOT "/topologies/parts/collectives/" + other + ".yaml");
  const auto fit = fit_collectives(published_nccl("h200"), gpu, true);
  REQUIRE(fit);
  REQUIRE(fit->rates);
  CAPTURE(other, fit->held_out->median, fit->held_out->p90, fit->base->median, fit->base->p90);
  CHECK(fit->held_out->median < (other == "h100" ? 0.05 : 0.10));
  CHECK_FALSE(fit->worse);
  if (other != "h100") CHECK(fit->held_out->median < 0.6 * fit->base->median);  // H100's is as good
}

TEST_CASE("collectives are refused when they are few, impossible or worse than the table") {
  const auto all = synthetic::collectives(h200().collectives, 0.0);
  const auto reason = [&](std::vector<Point> points, const hardware::GpuSpec& gpu) {
    const auto fit = fit_collectives(points, gpu);
    REQUIRE(fit);
    CHECK_FALSE(fit->rates);
    return fit->reason;
  };
  CHECK_THAT(reason({all.begin(), all.begin() + 8}, h200()), Contains("8 points"));
  auto fast = all;
  fast[79].measured.time = 0.5 * fast[79].measured.time;  // the largest all-gather among eight
  CHECK_THAT(reason(fast, h200()), Contains("faster than NVLink's 450 GB/s"));
  auto none = h200();
  none.collectives = {};
  CHECK_THAT(reason(all, none), Contains("states no collectives to start from"));
  auto slow = all;  // the fitted half alone: every second size is as the table says
  for (std::size_t i = 0; i < slow.size(); ++i)
    if (i % 8 % 2 == 0 || i % 8 == 7) slow[i].measured.time = 1.15 * slow[i].measured.time;
  CHECK_THAT(reason(slow, h200()), Contains("further apart than"));
  CHECK(fit_collectives(slow, h200(), true)->rates);
  CHECK_FALSE(fit_collectives({}, h200()));
  auto lone = all;
  for (auto& point : lone) point.ranks = 1;
  CHECK_FALSE(fit_collectives(lone, h200()));
}

TEST_CASE("copies and messages have a rate and a fixed time") {
  const auto fits = fit_transfers(synthetic::copies_of_host(0), h200());
  REQUIRE(fits.size() == 4);
  CHECK(fits[0].kernel == "copy_to_host");
  CHECK(fits[0].rate.base() == Approx(55e9).epsilon(1e-3));
  CHECK(fits[1].rate.base() == Approx(54e9).epsilon(1e-3));
  CHECK(fits[3].kernel == "send_recv");
  CHECK(fits[3].latency.base() == Approx(12e-6).epsilon(1e-3));
  for (const auto& fit : fits) {
    CHECK(fit.reason.empty());
    CHECK(fit.held_out->median < 1e-6);
  }
  auto few = synthetic::copies_of_host(0);
  few.resize(3);
  CHECK_THAT(fit_transfers(few, h200()).front().reason, Contains("3 sizes"));
  auto fast = synthetic::copies_of_host(0);
  fast[4].measured.time = 0.001 * fast[4].measured.time;
  CHECK_THAT(fit_transfers(fast, h200()).front().reason, Contains("more than the memory's bandwidth"));
}

TEST_CASE("a node's file makes a part whose launch gap and collectives are read again") {
  const auto results = synthetic::measured_node(h200(), 0.01);
  const auto calibration = calibrated(results);
  CHECK(calibration.kept() == 3);
  CHECK(calibration.unused.no_family == 0);
  const auto files = write_part(calibration, h200_path, "/nowhere/part.yaml");
  REQUIRE(files.size() == 1);
  std::string text = files.front().text;
  const auto at = text.find("base: ");
  text.replace(at, text.find('\n', at) - at, "base: \"" + h200_path + "\"");
  const testing::TextOnDisk part("part.yaml", text);
  const auto read = spec::load_gpu(part.path());
  CHECK(read.launch_gap.value.base() == Approx(2.1e-6));
  CHECK(read.launch_gap.from.source.find("SYNTHETIC") == 0);
  CHECK(read.collectives.from.source.find("the factors stand on: nccl-tests") != std::string::npos);
  CHECK(read.collectives.from.spread == Approx(calibration.collectives->rates->from.spread).epsilon(0.01));
  for (const Point& point : results.points)
    if (is_collective(point))
      CHECK(predict(point, read.collectives) / predict(point, *calibration.collectives->rates) ==
            Approx(1).epsilon(1e-4));
}

TEST_CASE("measured copies make a host's part; without any there is none") {
  const std::string base = FORETRAIN_ROOT "/topologies/parts/host-xeon-8480c.yaml";
  auto calibration = calibrated(synthetic::measured_node(h200(), 0));
  const auto file = write_host(calibration, base, "/nowhere/part.yaml");
  REQUIRE(file);
  CHECK(file->path == "/nowhere/part_host.yaml");
  std::string text = file->text;
  const auto at = text.find("base: ");
  text.replace(at, text.find('\n', at) - at, "base: \"" + base + "\"");
  const testing::TextOnDisk part("host.yaml", text);
  const auto read = spec::load_host(part.path());
  CHECK(read.to_host.value.base() == Approx(55e9).epsilon(1e-3));
  CHECK(read.to_gpu.value.base() == Approx(54e9).epsilon(1e-3));
  CHECK(read.to_host.from.source.find("SYNTHETIC") == 0);
  CHECK(read.adam.value == spec::load_host(base).adam.value);
  calibration.transfers.clear();
  CHECK_FALSE(write_host(calibration, base, "/nowhere/part.yaml"));
}

TEST_CASE("the synthetic node is what it says, and says that it is synthetic") {
  std::string made = to_csv(synthetic::measured_node(h200(), 0.01));
  made.insert(
      made.find("suite,"),
      "# No GPU made these times: topologies/parts/h200.yaml with noise of 1 %, collectives a tenth slower "
      "and\n# 1.2 us more between events, for tests.\n");
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(node_fixture, std::ios::binary) << made;
  std::ostringstream kept;
  kept << std::ifstream(node_fixture, std::ios::binary).rdbuf();
  CHECK(kept.str() == made);
  CHECK(read_results({node_fixture}).front().device.state == State::synthetic);
}
