// The parts beside the two GH100 ones: their tables against rows that are no points of them, and every fitted
// number fitted again.

#include <algorithm>
#include <sstream>

#include "catch.hpp"
#include "part_data.hpp"

using namespace foretrain;
using namespace foretrain::hardware;
using namespace foretrain::published;

namespace {

// Rates over the table's of the rows that `keep` takes.
template <class Keep>
std::vector<double> over_table(const std::string& name, Keep keep) {
  const auto gpu = part(name);
  std::vector<double> ratios;
  for (const auto& row : read_csv("gemm_other.csv")) {
    if (row.at("part") != name || !keep(row)) continue;
    const auto kernel = gemm_of(row);
    const double time = kernel.work.base() / (number(row, "tflops") * 1e12);
    ratios.push_back(table_time(gpu, kernel) / time);
  }
  REQUIRE(!ratios.empty());
  return ratios;
}

std::vector<Measurement> memory_rows(const std::string& part_name, const std::vector<std::string>& ops,
                                     Family family) {
  std::vector<Measurement> points;
  for (const auto& row : read_csv("memory_ops_parts.csv")) {
    if (row.at("part") != part_name || std::find(ops.begin(), ops.end(), row.at("op")) == ops.end()) continue;
    Kernel kernel;
    kernel.family = family;
    kernel.read = bytes(number(row, "bytes"));
    kernel.launches = static_cast<int>(whole(row, "launches"));
    points.push_back({kernel, {}, seconds(number(row, "time_us") * 1e-6)});
  }
  return points;
}

// The files carry three digits, or two decimals of a microsecond.
void same_rounded(const Curve& in_file, const BandwidthFit& fit) {
  CAPTURE(in_file.bandwidth_fraction, fit.bandwidth_fraction, in_file.per_launch.base(),
          fit.per_launch.base());
  CHECK(std::abs(in_file.bandwidth_fraction - fit.bandwidth_fraction) < 0.00051);
  CHECK(std::abs(in_file.per_launch.base() - fit.per_launch.base()) < 5.1e-9);
}

const std::vector<std::string> all_parts{
    "a100-sxm-40gb", "a100-sxm-80gb", "a100-pcie-40gb", "a100-pcie-80gb", "h100",  "h100-500w", "h800",
    "h20",           "h200",          "b200",           "b300",           "gb200", "gb300"};

}  // namespace

// Of the sums of times, as a step adds them up: the forward GEMMs (TN) over their weight gradients (NT, into
// FP32).
double accumulation(const std::string& name) {
  std::map<std::vector<std::int64_t>, double> forward;
  const auto seconds_of = [](const Row& row) { return gemm_of(row).work.base() / number(row, "tflops"); };
  double first = 0, second = 0;
  for (const std::string layout : {"TN", "NT"})
    for (const auto& row : read_csv("gemm_other.csv")) {
      if (row.at("source") != "simumax" || row.at("part") != name || row.at("layout") != layout) continue;
      const auto m = whole(row, "m"), n = whole(row, "n"), k = whole(row, "k");
      if (layout == "TN") {
        forward[{m, n, k}] = seconds_of(row);
      } else if (const auto found = forward.find({k, m, n}); found != forward.end()) {
        first += found->second;
        second += seconds_of(row);
      }
    }
  REQUIRE(second > 0);
  return first / second;
}

TEST_CASE("weight gradients that add to FP32 run slower than the tables by the published ratio") {
  for (const std::string name : {"a100-pcie-80gb", "b200"}) {
    const auto gpu = part(name);
    const auto& in_file = *curve(gpu, Family::gemm_bf16).accumulation;
    CAPTURE(name, accumulation(name));
    CHECK(in_file.value == Approx(accumulation(name)).margin(0.00051));
    auto kernel = gemm(Family::gemm_bf16, DType::bf16, 4096, 4096, 4096, 1);
    const double forward = table_time(gpu, kernel);
    kernel.accumulates = true;
    CHECK(forward / table_time(gpu, kernel) == Approx(in_file.value).epsilon(1e-12));
    const auto median = [&](const std::string& layout) {  // input gradients (NN) need no factor
      const auto only = [&](const Row& row) {
        return row.at("source") == "simumax" && row.at("layout") == layout;
      };
      return quantile(over_table(name, only), 0.5);
    };
    CHECK(median("NN") == Approx(median("TN")).epsilon(0.03));
  }
}

TEST_CASE("GEMM tables hold at sizes that are no points of them") {
  std::map<std::pair<std::string, std::string>, std::vector<double>> errors;
  std::map<std::string, GpuSpec> gpus;
  for (const auto& row : read_csv("gemm_held_out.csv")) {
    const auto& device = row.at("device");
    if (!gpus.contains(device)) gpus.emplace(device, part(device == "a100" ? "a100-sxm-80gb" : device));
    const auto& gpu = gpus.at(device);
    const double time = number(row, "time_us") * 1e-6;
    errors[{device, row.at("dtype")}].push_back(std::abs(table_time(gpu, gemm_of(row)) - time) / time);
  }
  CHECK(errors.size() == 21);
  std::ostringstream said;
  said << "held-out GEMM error: median, 90th of a hundred, worst\n";
  std::vector<double> medians;
  for (const auto& [table, found] : errors) {
    const double median = quantile(found, 0.5), p90 = quantile(found, 0.9);
    CAPTURE(table.first, table.second, median, p90, quantile(found, 1));
    said << "  " << table.first << " " << table.second << " " << median << " " << p90 << " "
         << quantile(found, 1) << "\n";
    medians.push_back(median);
    CHECK(median < 0.10);  // rows of one framework and of two scatter as much: see the spreads
    CHECK(p90 < 0.35);
  }
  INFO(said.str());
  CHECK(quantile(medians, 0.5) < 0.05);
  WARN(said.str());
}

TEST_CASE("no table lets a larger GEMM be the faster one") {
  for (const auto& name : all_parts) {
    for (const auto& grid : part(name).grids) {
      if (grid.tile_m > 0) continue;  // its waves are taken out
      CAPTURE(name, grid.name);
      CHECK(grid.logarithms.size() == grid.m.size() * grid.n.size() * grid.k.size());
      const auto time = [&](double m, double n, double k) {
        return m * n * k / efficiency(grid, m, n, k, 1);
      };
      for (double m = 256; m <= 32768; m *= 1.6)
        for (double n = 128; n <= 51200; n *= 1.9)
          for (double k = 128; k <= 51200; k *= 1.9) {
            const double here = time(m, n, k) * (1 - 5e-4);  // efficiencies carry four digits
            if (time(m * 1.6, n, k) < here || time(m, n * 1.9, k) < here || time(m, n, k * 1.9) < here)
              FAIL("m " << m << ", n " << n << ", k " << k);
          }
    }
  }
}

TEST_CASE("more SMs never slow a kernel and more bytes never speed it, on any part") {
  for (const auto& name : all_parts) {
    const auto gpu = part(name);
    for (std::size_t i = 0; i < family_count; ++i) {
      if (!gpu.curves[i]) continue;
      const auto family = static_cast<Family>(i);
      CAPTURE(name, std::string(name_of(family)));
      auto kernel = gemm(family, DType::bf16, 4096, 5000, 3000, 4);
      kernel.d_qk = kernel.d_v = 128;
      Seconds previous{};
      Conditions beside;
      for (beside.sms_taken = 0; beside.sms_taken <= 48; beside.sms_taken += 4) {
        const auto busy = price(kernel, gpu, beside).busy;
        CHECK(busy >= previous * (1 - 1e-12));  // as many waves are the same time, but for rounding
        previous = busy;
      }
      previous = {};
      for (double moved = 1e6; moved < 1e12; moved *= 10) {
        kernel.read = bytes(moved);
        const auto busy = price(kernel, gpu, {}).busy;
        CHECK(busy >= previous);
        previous = busy;
      }
    }
  }
}

TEST_CASE("attention tables are the published rows") {
  std::map<std::string, GpuSpec> gpus;
  for (const auto& row : read_csv("attention_train.csv")) {
    const auto& name = row.at("part");
    if (!gpus.contains(name)) gpus.emplace(name, part(name));
    const auto& gpu = gpus.at(name);
    const bool back = row.at("direction") == "backward";
    const double size = number(row, "seq"), head = number(row, "d_qk");
    // The sources count 2.5 times the forward; with d_qk 192 and d_v 128 the five matmuls are 2.6 times.
    const double counted = back && head == 192 ? 2.6 / 2.5 : 1;
    CAPTURE(name, back, size, head);
    const auto& table = curve(gpu, back ? Family::attention_backward : Family::attention_forward);
    CHECK(table_efficiency(table, size, head) ==
          Approx(number(row, "tflops") * 1e12 * counted / gpu.peak_bf16.value.base()).margin(0.00051));
  }
}

TEST_CASE("sustained rates are measured GEMMs over the tables'") {
  const auto azure = [](const std::string& dtype) {
    return [dtype](const Row& row) {
      return row.at("source") == "azure" && row.at("dtype") == dtype &&
             (whole(row, "m") == 8192 || whole(row, "m") == 16384);
    };
  };
  const auto near = [](const Sourced<double>& rate, double measured) {
    CAPTURE(rate.from.source);
    CHECK(rate.value == Approx(measured).margin(0.006));
  };
  near(part("a100-sxm-80gb").sustained_rate, geometric_mean(over_table("a100-sxm-80gb", azure("bf16"))));
  near(part("gb200").sustained_rate, geometric_mean(over_table("gb200", azure("fp8"))));
  CHECK(geometric_mean(over_table("gb200", azure("fp4"))) > 1);  // so nothing is taken off its tables
  const auto layouts = [](const Row& row) {
    return row.at("source") == "simumax" && row.at("layout") != "NT";
  };
  near(part("a100-pcie-80gb").sustained_rate, quantile(over_table("a100-pcie-80gb", layouts), 0.5));
  near(*curve(part("b200"), Family::gemm_bf16).sustained_rate, quantile(over_table("b200", layouts), 0.5));
}

TEST_CASE("memory-bound curves of the parts are their rows'") {
  for (const std::string name : {"h200", "gb200", "gb300"}) {
    CAPTURE(name);
    const auto gpu = part(name);
    const auto fitted = [&](const std::vector<std::string>& ops, Family family) {
      same_rounded(curve(gpu, family), fit_bandwidth_curve(memory_rows(name, ops, family), gpu));
    };
    fitted({"rms_forward"}, Family::rmsnorm);
    fitted({"rms_backward"}, Family::rmsnorm_backward);
    fitted({"rms_forward", "rms_backward"}, Family::layernorm);
  }
  for (const std::string name : {"h200", "b200", "b300", "gb200", "gb300"}) {
    CAPTURE(name);
    const auto gpu = part(name);
    const auto fit = fit_bandwidth_curve(memory_rows(name, {"quantise"}, Family::fp8_cast), gpu);
    for (const Family family : {Family::fp8_cast, Family::fp8_cast_transpose})
      same_rounded(curve(gpu, family), fit);
    if (name != "h200") same_rounded(curve(gpu, Family::elementwise), fit);
  }
  const auto a100 = part("a100-sxm-80gb");
  for (const Family family : {Family::layernorm, Family::softmax})
    same_rounded(curve(a100, family),
                 fit_bandwidth_curve(memory_rows("a100-sxm-80gb", {"layer_norm_forward"}, family), a100));
  same_rounded(curve(a100, Family::rmsnorm),
               fit_bandwidth_curve(memory_rows("a100-sxm-80gb", {"rms_forward"}, Family::rmsnorm), a100));
  const auto h100 = part("h100");
  const auto logits =
      fit_bandwidth_curve(memory_rows("h100", {"cross_entropy"}, Family::cross_entropy), h100);
  for (const std::string name : {"h200", "gb300"})
    same_rounded(curve(part(name), Family::cross_entropy), logits);
}

TEST_CASE("a part has the tensor cores of its data sheet, and says whose curves it borrows") {
  for (const auto& name : all_parts) {
    CAPTURE(name);
    const auto gpu = part(name);
    const bool ampere = name.starts_with("a100"), blackwell = name.starts_with("b") || name.starts_with("gb");
    CHECK((gpu.peak_fp8.value.base() > 0) == !ampere);
    CHECK((gpu.peak_fp4.value.base() > 0) == blackwell);
    CHECK(gpu.nvlink_achieved.value < gpu.nvlink.value);
    for (const Family family : {Family::gemm_bf16, Family::batched_gemm, Family::softmax, Family::gelu})
      CHECK(gpu.curves[static_cast<std::size_t>(family)].has_value());
    CHECK(gpu.curves[static_cast<std::size_t>(Family::gemm_nvfp4)].has_value() == blackwell);
  }
  CHECK(curve(part("b300"), Family::attention_backward).borrowed_from == "GB300");
  CHECK(curve(part("h20"), Family::gemm_bf16).borrowed_from == "H100-SXM5-80GB");
}
