// Table 3 of "Insights into DeepSeek-V3" (ISCA 2025, arXiv:2505.09343): endpoints, switches, links between
// switches and cost of five networks of 64-port switches. Our graphs must have its counts. Its prices solve
// to about 83,000 dollars a switch and 500 a link from two of its columns; that the others follow from these
// within 3 % is a check that we read the table as it was meant, not a price list.

#include <fmt/core.h>

#include "catch.hpp"
#include "topology/build.hpp"
#include "topology/fabrics/dragonfly.hpp"
#include "topology/fabrics/fat_tree2.hpp"
#include "topology/fabrics/fat_tree3.hpp"
#include "topology/fabrics/slim_fly.hpp"
#include "topology/measure.hpp"

using namespace foretrain;
using namespace foretrain::topology;
using namespace foretrain::literals;

namespace {

struct NetworkRow {
  const char* name;
  std::int64_t endpoints, switches, links;
  double cost_musd, kusd_per_endpoint;
};
constexpr NetworkRow published_networks[] = {{"FT2", 2048, 96, 2048, 9, 4.39},
                                             {"MPFT", 16384, 768, 16384, 72, 4.39},
                                             {"FT3", 65536, 5120, 131072, 491, 7.5},
                                             {"Slim Fly", 32928, 1568, 32928, 146, 4.4},
                                             {"Dragonfly", 261632, 16352, 384272, 1522, 5.8}};
constexpr double switch_kusd = 83, link_kusd = 0.5;

const fabrics::Cables cables{{50_GBps, {}}, {50_GBps, {}}};

void check_counts(const NetworkRow& row, const FabricCounts& c, std::int64_t ports = 64) {
  CHECK(c.endpoints == row.endpoints);
  CHECK(c.switches == row.switches);
  CHECK(c.trunks == row.links);
  CHECK(c.most_ports <= ports);
}

}  // namespace

TEST_CASE("our networks have the counts of the published table") {
  check_counts(published_networks[0], count(fabrics::fat_tree2({2048, 64, 1}, cables).value()));
  check_counts(published_networks[2], count(fabrics::fat_tree3({65536, 64}, cables).value()));
  // 511 groups, two fewer than the links of 32 routers with 16 each would reach: a + h + p = 63 of 64 ports.
  check_counts(published_networks[4], count(fabrics::dragonfly({32, 16, 16, 511}, cables).value()));
}

TEST_CASE("the multi-plane tree has the counts of the published table, hosts beside them") {
  ClusterSpec c;
  c.gpus = 16384;
  const Fabric f = build(c, {200_GBps, 64_GBps, 50_GBps, 50_GBps}).value().fabric();
  check_counts(published_networks[1], count(f));
}

TEST_CASE("the published Slim Fly is a count: its q is no power of a prime, so there is no such graph") {
  const fabrics::SlimFlyCounts c = fabrics::count_slim_fly(28).value();
  CHECK(c.routers == published_networks[3].switches);
  CHECK(c.routers * c.endpoints_per_router == published_networks[3].endpoints);
  CHECK(c.links == published_networks[3].links);
  CHECK(c.degree + c.endpoints_per_router == 63);
  CHECK_FALSE(fabrics::slim_fly(28, cables));
  // The largest that can be built of 64-port switches.
  const fabrics::SlimFlyCounts built = fabrics::count_slim_fly(27).value();
  CHECK(built.degree + built.endpoints_per_router == 62);
  const fabrics::SlimFlyCounts next = fabrics::count_slim_fly(29).value();
  CHECK(next.degree + next.endpoints_per_router > 64);
  const Fabric f = fabrics::slim_fly(27, cables).value();
  check_counts({"", 30618, 1458, built.links, 0, 0}, count(f));
  CHECK(measure_distances(f).switch_diameter == 2);
}

TEST_CASE("one price a switch and one a link explain the published costs within 3 %") {
  fmt::print("network      published, M USD   at 83 K a switch and 0.5 K a link\n");
  for (const NetworkRow& row : published_networks) {
    const double musd =
        (static_cast<double>(row.switches) * switch_kusd + static_cast<double>(row.links) * link_kusd) / 1000;
    const double each = musd * 1000 / static_cast<double>(row.endpoints);
    fmt::print("{:<12} {:>16} {:>35.1f}  {:+.1f} %\n", row.name, row.cost_musd, musd,
               100 * (musd / row.cost_musd - 1));
    CHECK(musd == Approx(row.cost_musd).epsilon(0.03));
    CHECK(each == Approx(row.kusd_per_endpoint).epsilon(0.03));
  }
}
