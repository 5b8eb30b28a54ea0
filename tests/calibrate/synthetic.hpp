#pragma once
// Result files that no GPU made: times from a part's own curves with noise, as `foretrain-bench` would write
// them. For tests of what is done with such files; they say `state: synthetic`.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/random.hpp"
#include "calibrate/calibrate.hpp"
#include "calibrate/read_results.hpp"
#include "hardware/kernel_cost.hpp"
#include "published/curve_data.hpp"

namespace foretrain::synthetic {

using calibrate::Point;

// A family's fit; there must be one.
inline const calibrate::FamilyFit& fit_of(const calibrate::Calibration& calibration, Family family) {
  const auto found = std::find_if(calibration.families.begin(), calibration.families.end(),
                                  [family](const auto& fit) { return fit.family == family; });
  check(found != calibration.families.end(), "the family has points");
  return *found;
}

// A point timed by the part's curves, off by `noise` (one standard deviation).
class Bench {
 public:
  Bench(const hardware::GpuSpec& gpu, double noise) : gpu_(hardware::at_full_clock(gpu)), noise_(noise) {}

  Point& add(const std::string& suite, const Kernel& kernel, hardware::Conditions beside = {}) {
    Point point;
    point.suite = suite;
    point.family = kernel.family;
    point.kernel = std::string(name_of(kernel.family));
    const Seconds exact = hardware::price(kernel, gpu_, beside).busy;
    point.measured = {kernel, beside, exact * (1 + noise_ * random_.normal())};
    point.spread = noise_;
    point.samples = 100;
    points.push_back(std::move(point));
    return points.back();
  }
  std::vector<Point> points;

 private:
  hardware::GpuSpec gpu_;
  double noise_;
  Rng random_{1, "synthetic/bench"};
};

// With the bytes of its operands, which published tables leave out.
inline Kernel gemm(Family family, DType dtype, std::int64_t m, std::int64_t n, std::int64_t k,
                   std::int64_t groups = 1) {
  Kernel kernel = published::gemm(family, dtype, m, n, k, groups);
  kernel.read = static_cast<double>(m * k + groups * k * n) * size_of(dtype);
  kernel.written = bytes(2.0 * static_cast<double>(m * n));
  return kernel;
}

// Causal: a query sees half of the sequence; `factor` 1 forward, 2.5 backward.
inline Kernel attention(Family family, std::int64_t sequence, std::int64_t heads, double factor) {
  Kernel kernel;
  kernel.family = family;
  kernel.m = sequence;
  kernel.n = heads;
  kernel.k = sequence / 2;
  kernel.d_qk = 192;
  kernel.d_v = 128;
  const double rows = static_cast<double>(sequence * heads);
  kernel.work = flops(factor * 2.0 * rows * static_cast<double>(kernel.k) * (192 + 128));
  kernel.read = bytes(factor * 2.0 * rows * (192 + 192 + 128));
  kernel.written = bytes(factor * 2.0 * rows * 128);
  return kernel;
}

inline Kernel stream(Family family, std::int64_t m, std::int64_t n, double bytes_read, double bytes_written) {
  Kernel kernel;
  kernel.family = family;
  kernel.m = m;
  kernel.n = n;
  kernel.read = bytes(bytes_read * static_cast<double>(m * n));
  kernel.written = bytes(bytes_written * static_cast<double>(m * n));
  return kernel;
}

// Widths of DeepSeek-V3's matrix products (n, k): models/deepseek-v3.yaml.
inline const std::vector<std::pair<std::int64_t, std::int64_t>> v3_products{
    {2112, 7168}, {24576, 1536}, {32768, 512}, {7168, 16384}, {4096, 7168}, {7168, 2048}, {36864, 7168}};

inline void add_gemms(Bench& bench) {
  for (const std::int64_t m : {4096, 8192, 16384})
    for (const auto& [n, k] : v3_products) bench.add("gemm", gemm(Family::gemm_fp8, DType::fp8, m, n, k));
  for (const std::int64_t groups : {4, 8})
    for (const std::int64_t rows : {1024, 4096, 8192})
      for (const auto& [n, k] : {std::pair{4096, 7168}, std::pair{7168, 2048}})
        bench.add("grouped", gemm(Family::grouped_gemm_fp8, DType::fp8, groups * rows, n, k, groups));
  for (const std::int64_t m : {256, 1024, 4096, 16384})
    for (const std::int64_t n : {1024, 4096, 16384})
      for (const std::int64_t k : {512, 2048, 8192})
        bench.add("gemm", gemm(Family::gemm_bf16, DType::bf16, m, n, k));
  for (const auto& [n, k] : v3_products) bench.add("gemm", gemm(Family::gemm_bf16, DType::bf16, 6144, n, k));
}

inline void add_attention(Bench& bench) {
  for (const std::int64_t heads : {32, 64, 128})
    for (const std::int64_t length : {1024, 2048, 4096, 8192, 16384, 32768}) {
      bench.add("attention", attention(Family::attention_forward, length, heads, 1));
      bench.add("attention", attention(Family::attention_backward, length, heads, 2.5));
    }
}

inline void add_streams(Bench& bench) {
  for (const std::int64_t m : {1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288}) {
    bench.add("memory", stream(Family::elementwise, m, 7168, 4, 2));
    bench.add("memory", stream(Family::rmsnorm, m, 7168, 2, 2));
    bench.add("memory", stream(Family::swiglu, m, 2048, 4, 2));
    if (m <= 4096) bench.add("memory", stream(Family::optimizer, m, 7168, 12, 8));
  }
}

// A GEMM and a copy while another kernel holds SMs and draws bandwidth.
inline void add_interference(Bench& bench) {
  for (const std::int64_t sms : {8, 16, 20, 24, 32}) {
    for (const auto& [n, k] : v3_products)
      bench.add("interference", gemm(Family::gemm_fp8, DType::fp8, 8192, n, k), {.sms_taken = sms});
    for (const std::int64_t m : {65536, 131072})
      bench.add("interference", stream(Family::elementwise, m, 7168, 4, 2),
                {.sms_taken = sms, .hbm_taken = 0.14});
  }
}

// What a calibration must not take: warm caches, several ranks, a shape timed twice that cannot be both.
inline void add_unusable(Bench& bench) {
  bench.add("gemm", gemm(Family::gemm_fp8, DType::fp8, 4096, 7168, 2048)).cold = false;
  for (const std::int64_t m : {1024, 4096, 16384, 65536, 262144})
    for (const std::int64_t n : {64, 128}) bench.add("memory", stream(Family::rope, m, n, 2, 2));
  Point twice = bench.points.back();
  twice.measured.time = 1.3 * twice.measured.time;
  bench.points.push_back(twice);
  Point collective;
  collective.suite = "collectives";
  collective.kernel = "all_reduce";
  collective.measured.kernel.read = bytes(64e6);
  collective.measured.time = seconds(560e-6);
  collective.ranks = 8;
  bench.points.push_back(collective);
}

inline calibrate::Results results_of(const hardware::GpuSpec& gpu, std::vector<Point> points) {
  calibrate::Results results;
  results.file = "synthetic.csv";
  results.device.name = "NVIDIA H200";
  results.device.driver = results.device.cuda = "none";
  results.device.date = "2026-11-22";
  results.device.version = "0.1.0";
  results.device.sms = gpu.sms.value;
  results.device.compute_capability = "9.0";
  results.device.state = calibrate::State::synthetic;
  results.points = std::move(points);
  for (std::size_t i = 0; i < results.points.size(); ++i) {
    results.points[i].file = results.file;
    results.points[i].line = static_cast<int>(i) + 12;
  }
  return results;
}

inline std::string row_of(const Point& p) {
  const Kernel& k = p.measured.kernel;
  const auto blank = [](double value) { return value > 0 ? fmt::format("{:.0f}", value) : std::string(); };
  const auto count = [&](std::int64_t value) { return blank(static_cast<double>(value)); };
  const std::vector<std::string> names{"fp8", "bf16", "fp32", "fp4"};
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{:g},{},{},{:.3f},{:g},{},{},\n", p.suite,
                     p.kernel, p.family ? name_of(*p.family) : "",
                     p.family ? names[static_cast<std::size_t>(k.dtype)] : "", count(k.m), count(k.n),
                     count(k.k), k.groups, count(k.d_qk), count(k.d_v), blank(k.work.base()),
                     blank(k.read.base()), blank(k.written.base()), k.launches,
                     p.measured.conditions.sms_taken, p.measured.conditions.hbm_taken, p.ranks,
                     p.cold ? "cold" : "hot", p.measured.time.base() * 1e6, p.spread, p.samples, p.dropped);
}

inline std::string file_of(const calibrate::Results& results) {
  const auto& d = results.device;
  std::string text = fmt::format(
      "# foretrain-bench results, format 1\n# device: {}\n# sms: {}\n# compute_capability: {}\n# driver: {}\n"
      "# cuda: {}\n# date: {}\n# version: {}\n# state: {}\n# No GPU made these times: they are the curves of "
      "topologies/parts/h200.yaml with noise of 1 %, for tests.\n",
      d.name, d.sms, d.compute_capability, d.driver, d.cuda, d.date, d.version, calibrate::name_of(d.state));
  text += fmt::format(
      "{}\n",
      fmt::join(std::vector<std::string>{"suite",     "kernel",     "family",        "dtype",    "m",
                                         "n",         "k",          "groups",        "d_qk",     "d_v",
                                         "flops",     "read_bytes", "written_bytes", "launches", "sms_taken",
                                         "hbm_taken", "ranks",      "cache",         "time_us",  "spread",
                                         "samples",   "dropped",    "error"},
                ","));
  for (const auto& point : results.points) text += row_of(point);
  return text;
}

inline calibrate::Results everything(const hardware::GpuSpec& gpu, double noise) {
  Bench bench(gpu, noise);
  add_gemms(bench);
  add_attention(bench);
  add_streams(bench);
  add_interference(bench);
  add_unusable(bench);
  return results_of(gpu, bench.points);
}

}  // namespace foretrain::synthetic
