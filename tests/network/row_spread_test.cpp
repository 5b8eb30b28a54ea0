#include "network/row_spread.hpp"

#include <algorithm>
#include <cmath>

#include "base/stats.hpp"
#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::network;

namespace {

double measured_spread(double relative_sd, int draws) {
  Rng rng(7, "test/rows");
  double squares = 0;
  for (int i = 0; i < draws; ++i)
    for (const RankRows& r : sample_rows(rng, 64, 32768, relative_sd, {})) {
      const double off = static_cast<double>(r.rows) / 32768 - 1;
      squares += off * off;
    }
  return std::sqrt(squares / (64.0 * draws));
}

}  // namespace

TEST_CASE("rows have the spread asked for, and never less than the multinomial's 0.55 %") {
  CHECK(balanced_spread(64, 32768) == Approx(0.00548).epsilon(0.001));
  CHECK(measured_spread(0.08, 400) == Approx(0.08).epsilon(0.03));
  CHECK(measured_spread(0.02, 400) == Approx(0.02).epsilon(0.03));
  CHECK(measured_spread(0.001, 400) == Approx(0.00548).epsilon(0.03));
}

TEST_CASE("the fullest of 64 ranks at 8 % has about a fifth more than the mean") {
  Rng rng(3, "test/rows");
  RunningMoments most;
  for (int i = 0; i < 500; ++i) {
    std::int64_t largest = 0;
    for (const RankRows& r : sample_rows(rng, 64, 32768, 0.08, {})) largest = std::max(largest, r.rows);
    most.add(static_cast<double>(largest) / 32768 - 1);
  }
  CHECK(most.mean() == Approx(0.20).margin(0.02));  // the normal order statistic 2.36 sd, and some skew
}

TEST_CASE("no row is lost") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 30)));
  const double sd = GENERATE(0.0, 0.003, 0.08, 0.5);
  const double mean = GENERATE(3.0, 32768.0);
  Rng rng(seed, "test/rows");
  std::int64_t total = 0;
  for (const RankRows& r : sample_rows(rng, 64, mean, sd, {4, 128})) {
    CHECK(r.rows >= 0);
    CHECK(r.padded >= static_cast<double>(r.rows));
    total += r.rows;
  }
  CHECK(total == static_cast<std::int64_t>(64 * mean));
}

TEST_CASE("no spread means identical ranks and no randomness") {
  Rng rng(1, "test/rows"), untouched(1, "test/rows");
  for (const RankRows& r : sample_rows(rng, 64, 32768, 0, {4, 128})) {
    CHECK(r.rows == 32768);
    CHECK(r.padded == 32768);
  }
  CHECK(rng.next() == untouched.next());
  const auto uneven = sample_rows(rng, 2, 130, 0, {4, 128});  // experts of 33, 33, 32, 32 rows
  CHECK(uneven[0].padded == 512);
}

TEST_CASE("padding adds half a tile an expert on average") {
  Rng rng(1, "test/rows");
  for (const RankRows& r : sample_rows(rng, 64, 32768, 0.08, {4, 128}))
    CHECK(r.padded - static_cast<double>(r.rows) == Approx(4 * 63.5));
}
