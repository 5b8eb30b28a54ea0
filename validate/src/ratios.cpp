#include "ratios.hpp"

#include <map>
#include <tuple>

namespace foretrain::bench {

namespace {

using Shape = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t>;

double rate_of(const Row& row) {
  return row.flops / (row.time_us * 1e-6);
}

}  // namespace

std::vector<Ratio> dense_ratios(const std::vector<Row>& rows) {
  std::map<Shape, double> dense;
  for (const Row& row : rows) {
    const bool counts = row.suite == "grouped" && row.groups == 1 && row.time_us > 0 && passes(row);
    if (counts) dense[{row.kernel, row.m, row.n, row.k}] = rate_of(row);
  }
  std::vector<Ratio> ratios;
  for (const Row& row : rows) {
    if (row.suite != "grouped" || row.groups <= 1 || row.time_us <= 0 || !passes(row)) continue;
    const bool cuts_k = row.kernel.find("wgrad") != std::string::npos;
    const auto found =
        dense.find({cuts_k ? "wgrad_fp8" : "gemm_fp8", row.m, row.n, cuts_k ? row.k / row.groups : row.k});
    if (found != dense.end()) ratios.push_back({row, rate_of(row), rate_of(row) / found->second});
  }
  return ratios;
}

}  // namespace foretrain::bench
