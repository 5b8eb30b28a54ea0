// The share of its memory that a host's CPU Adam reaches is found again from the published times, and every
// host part carries it.

#include <algorithm>
#include <array>

#include "catch.hpp"
#include "cluster/optimizer.hpp"
#include "spec/load.hpp"

using namespace foretrain;

namespace {

// arXiv:2101.06840, Table 4: CPU-Adam, one update on a DGX-2, billions of parameters and seconds.
constexpr std::array<std::array<double, 2>, 3> table{{{1, 0.22}, {4, 1.03}, {10, 2.57}}};
constexpr double dgx_2 = 2 * 6 * 2666e6 * 8;  // bytes a second: two Xeon 8168, six channels of DDR4-2666 each

}  // namespace

TEST_CASE("CPU Adam's share of host memory is that of the published updates") {
  plan::SoftwareSpec software;  // as measured: FP32 weight and moments, FP32 gradient, FP16 weight written
  software.optimizer_bytes.value = 12;
  software.gradient_bytes.value = 4;
  const double bytes = cluster::adam_bytes(software, 2);
  CHECK(bytes == 30);
  std::vector<double> shares;
  for (const auto& [parameters, time] : table) shares.push_back(bytes * parameters * 1e9 / time / dgx_2);
  std::sort(shares.begin(), shares.end());
  for (const std::string part : {"host-xeon-8480c", "host-epyc-7742", "host-grace"}) {
    const auto s = spec::load(FORETRAIN_ROOT "/scenarios/small.yaml", {"cluster.host=" + part});
    REQUIRE(s.host);
    CAPTURE(part);
    CHECK(s.host->adam.value == Approx(shares[1]).margin(0.0015));  // the median, in three digits
    CHECK(s.host->adam.from.spread >= shares[2] / shares[1] - 1);
  }
}
