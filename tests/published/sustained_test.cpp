// What a power limit leaves of GEMMs that run for minutes.

#include <cmath>
#include <iostream>
#include <sstream>

#include "catch.hpp"
#include "part_data.hpp"

using namespace foretrain;
using namespace foretrain::hardware;
using namespace foretrain::published;

// Azure's FP8 GEMMs, 4096 to 32768, under their power limit: the law of the parts against one share of the
// table.
TEST_CASE("a sustained peak meets long GEMMs of all sizes better than a share of the table does") {
  std::ostringstream said;
  said << "FP8 GEMMs after 10000 warm-ups, mean size of the error: as priced, and as a share of the table\n";
  const auto rate = [](const Kernel& kernel, double time) { return kernel.work.base() / time / 1e12; };
  for (const std::string name : {"h100", "h200", "gb200"}) {
    const auto gpu = part(name);
    double best = 0, priced = 0, shared = 0, share = 1;
    std::vector<Row> rows;
    for (const auto& row : read_csv("gemm_other.csv")) {
      if (row.at("source") != "azure" || row.at("part") != name || row.at("dtype") != "fp8") continue;
      best = std::max(best, number(row, "tflops"));
      if (whole(row, "m") >= 4096) rows.push_back(row);
    }
    const auto& peak = *curve(gpu, Family::gemm_fp8_tensor).sustained_peak;
    CHECK(peak.value.base() / 1e12 == Approx(best).epsilon(0.001));
    const double count = static_cast<double>(rows.size());
    for (const auto& row : rows)
      share *= number(row, "tflops") / rate(gemm_of(row), table_time(gpu, gemm_of(row)));
    share = std::pow(share, 1 / count);
    for (const auto& row : rows) {
      const auto kernel = gemm_of(row);
      const double measured = number(row, "tflops");
      priced += std::abs(rate(kernel, price(kernel, gpu, {}).compute.base()) / measured - 1) / count;
      shared += std::abs(rate(kernel, table_time(gpu, kernel)) * share / measured - 1) / count;
    }
    said << name << ": " << 100 * priced << " %, " << 100 * shared << " %\n";
    CHECK(priced < shared);
    CHECK(priced < 0.04);
  }
  std::cout << said.str();
}
