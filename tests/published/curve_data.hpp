#pragma once
// Published kernel times as measurements, for refitting the curves of topologies/parts.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "hardware/fit.hpp"

namespace foretrain::published {

using Row = std::map<std::string, std::string>;

inline double number(const Row& row, const std::string& key) {
  return std::strtod(row.at(key).c_str(), nullptr);
}
inline std::int64_t whole(const Row& row, const std::string& key) {
  return static_cast<std::int64_t>(number(row, key));
}

inline std::vector<std::string> cut(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
  return fields;
}

// Comma-separated, first line after the '#' comments names the columns; missing last fields are empty.
inline std::vector<Row> read_csv(const std::string& file) {
  std::ifstream in(std::string(FORETRAIN_ROOT) + "/tests/published/" + file);
  check(in.good(), "the data file is there");
  std::vector<std::string> names;
  std::vector<Row> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto fields = cut(line);
    if (names.empty()) {
      names = fields;
      continue;
    }
    Row row;
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = i < fields.size() ? fields[i] : "";
    rows.push_back(row);
  }
  return rows;
}

inline Kernel gemm(Family family, DType dtype, std::int64_t m, std::int64_t n, std::int64_t k,
                   std::int64_t groups) {
  Kernel kernel;
  kernel.family = family;
  kernel.dtype = dtype;
  kernel.m = m;
  kernel.n = n;
  kernel.k = k;
  kernel.groups = groups;
  kernel.work = flops(2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k));
  return kernel;
}

// DeepGEMM's tables: dense at 4096 rows, or grouped with contiguous rows.
inline std::vector<hardware::Measurement> deepgemm(const std::string& kind, const std::string& release) {
  const auto family = kind == "dense" ? Family::gemm_fp8 : Family::grouped_gemm_fp8;
  std::vector<hardware::Measurement> points;
  for (const auto& row : read_csv("deepgemm_h800.csv")) {
    if (row.at("kind") != kind || row.at("release") != release || number(row, "m") < 4096) continue;
    const auto groups = whole(row, "groups");
    const auto kernel =
        gemm(family, DType::fp8, groups * whole(row, "m"), whole(row, "n"), whole(row, "k"), groups);
    points.push_back({kernel, {}, kernel.work / FlopRate::from_base(number(row, "tflops") * 1e12)});
  }
  return points;
}

inline double geometric_mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += std::log(v);
  return std::exp(sum / static_cast<double>(values.size()));
}

inline std::vector<hardware::Measurement> bf16_gemms(const std::string& column) {
  std::vector<hardware::Measurement> points;
  for (const auto& row : read_csv("gemm_bf16_h100.csv"))
    points.push_back(
        {gemm(Family::gemm_bf16, DType::bf16, whole(row, "m"), whole(row, "n"), whole(row, "k"), 1),
         {},
         seconds(number(row, column) * 1e-6)});
  return points;
}

// Memory-bound rows of the H100 table whose op is one of `ops`, under the family asked for.
// `bytes_per_element` is for the rows that state no bytes.
inline std::vector<hardware::Measurement> memory_ops(Family family, const std::vector<std::string>& ops,
                                                     double bytes_per_element = 0) {
  std::vector<hardware::Measurement> points;
  for (const auto& row : read_csv("memory_ops_h100.csv"))
    for (const auto& op : ops) {
      if (row.at("op") != op) continue;
      Kernel kernel;
      kernel.family = family;
      const double moved = row.at("bytes").empty()
                               ? bytes_per_element * number(row, "rows") * number(row, "cols")
                               : number(row, "bytes");
      kernel.read = bytes(moved);
      points.push_back({kernel, {}, seconds(number(row, "time_us") * 1e-6)});
    }
  return points;
}

// Rates of the norms that other libraries have, none above `cap`: no kernel outruns the copy of the GPU in
// question. Sorted.
inline std::vector<double> norm_rates(const std::string& direction, Bandwidth cap) {
  std::vector<double> rates;
  for (const auto& row : read_csv("rmsnorm_gh100.csv"))
    if (row.at("direction") == direction)
      rates.push_back(std::min(cap.base(), number(row, "bytes") / (number(row, "time_us") * 1e-6)));
  std::sort(rates.begin(), rates.end());
  return rates;
}

// One-sigma disagreement of two sets of times for the same kernels: rms of the logarithm of their ratio.
inline double disagreement(const std::vector<hardware::Measurement>& a,
                           const std::vector<hardware::Measurement>& b) {
  check(a.size() == b.size() && !a.empty(), "the same kernels, measured twice");
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double log = std::log(a[i].time / b[i].time);
    squares += log * log;
  }
  return std::sqrt(squares / static_cast<double>(a.size()));
}

}  // namespace foretrain::published
