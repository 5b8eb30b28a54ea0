// Grouped products of a mixture's experts, and the dense products of the same size.

#include <array>
#include <set>

#include "points.hpp"

namespace foretrain::bench {

namespace {

double real(std::int64_t value) {
  return static_cast<double>(value);
}

struct Shape {
  std::int64_t n, k;
};
// One expert's weights, forward and in the gradient of the inputs.
constexpr std::array<Shape, 4> weights{{{4096, 7168}, {7168, 2048}, {2048, 7168}, {7168, 4096}}};

struct Cut {
  std::int64_t groups, each;
};
constexpr std::array<Cut, 6> cuts{{{4, 1024}, {4, 4096}, {4, 8192}, {8, 1024}, {8, 4096}, {8, 8192}}};
constexpr std::array<Cut, 2> uneven_cuts{{{4, 8192}, {8, 4096}}};

Row dense(const std::string& kernel, std::int64_t m, std::int64_t n, std::int64_t k) {
  Row r = gemm_row(kernel, m, n, k);
  r.suite = "grouped";
  return r;
}

void add_weight_gradients(std::vector<Row>& rows, std::int64_t m, std::int64_t n) {
  std::set<std::int64_t> depths;
  for (const Cut& cut : cuts) depths.insert(cut.each);
  for (const std::int64_t depth : depths) rows.push_back(dense("wgrad_fp8", m, n, depth));
  for (const Cut& cut : cuts)
    rows.push_back(grouped_row("grouped_wgrad_fp8", m, n, cut.groups * cut.each, cut.groups));
  for (const Cut& cut : uneven_cuts)
    rows.push_back(grouped_row("grouped_wgrad_fp8_uneven", m, n, cut.groups * cut.each, cut.groups));
}

}  // namespace

Row grouped_row(const std::string& kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                std::int64_t groups) {
  Row r;
  r.suite = "grouped";
  r.kernel = kernel;
  r.family = kernel.find("_uneven") == std::string::npos ? kernel : "";
  r.dtype = "fp8";
  r.m = m, r.n = n, r.k = k, r.groups = groups;
  r.flops = 2 * real(m) * real(n) * real(k);
  if (kernel.find("wgrad") != std::string::npos) {
    const double sums = 4 * real(groups) * real(m) * real(n);
    r.read_bytes = real(m + n) * real(k) * (1 + 4.0 / 128) + sums;
    r.written_bytes = sums;
  } else {
    r.read_bytes =
        real(m) * real(k) * (1 + 4.0 / 128) + real(groups) * real(n) * real(k) * (1 + 4.0 / (128 * 128));
    r.written_bytes = 2 * real(m) * real(n);
  }
  return r;
}

std::vector<Row> list_grouped() {
  std::vector<Row> rows;
  for (const auto& [n, k] : weights) {
    std::set<std::int64_t> heights;
    for (const Cut& cut : cuts) heights.insert(cut.groups * cut.each);
    for (const std::int64_t m : heights) rows.push_back(dense("gemm_fp8", m, n, k));
    for (const Cut& cut : cuts)
      rows.push_back(grouped_row("grouped_gemm_fp8", cut.groups * cut.each, n, k, cut.groups));
    for (const Cut& cut : uneven_cuts)
      rows.push_back(grouped_row("grouped_gemm_fp8_uneven", cut.groups * cut.each, n, k, cut.groups));
  }
  add_weight_gradients(rows, 7168, 2048);
  add_weight_gradients(rows, 4096, 7168);
  return rows;
}

}  // namespace foretrain::bench
