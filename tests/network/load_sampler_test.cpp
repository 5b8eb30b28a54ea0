#include "network/load_sampler.hpp"

#include <algorithm>

#include "base/stats.hpp"
#include "catch.hpp"
#include "network/row_spread.hpp"

using namespace foretrain;
using namespace foretrain::network;

TEST_CASE("a rank and the fullest rank are those of drawing all rows") {
  const double sd = GENERATE(0.02, 0.08);
  Rng rng(1, "test/loads"), other(1, "test/rows");
  const LoadSampler sampler(64, sd);
  RunningMoments own, most, own_drawn, most_drawn;
  for (int i = 0; i < 20000; ++i) {
    const DrawnLoads loads = sampler.draw(rng);
    REQUIRE(loads.own <= loads.most);
    own.add(loads.own);
    most.add(loads.most);
  }
  for (int i = 0; i < 1500; ++i) {
    double fullest = 0;
    for (const RankRows& r : sample_rows(other, 64, 32768, sd, {})) {
      fullest = std::max(fullest, static_cast<double>(r.rows) / 32768);
      own_drawn.add(static_cast<double>(r.rows) / 32768);
    }
    most_drawn.add(fullest);
  }
  CHECK(own.mean() == Approx(1).margin(0.03 * sd));
  CHECK(own.standard_deviation() == Approx(own_drawn.standard_deviation()).epsilon(0.03));
  CHECK(most.mean() - 1 == Approx(most_drawn.mean() - 1).epsilon(0.02));
  CHECK(most.standard_deviation() == Approx(most_drawn.standard_deviation()).epsilon(0.08));
}

TEST_CASE("no spread, or a rank alone, draws nothing") {
  Rng rng(1, "test/loads"), untouched(1, "test/loads");
  CHECK(LoadSampler(64, 0).draw(rng).most == 1);
  CHECK(LoadSampler(1, 0.08).draw(rng).own == 1);
  CHECK(rng.next() == untouched.next());
}
