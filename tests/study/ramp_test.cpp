// A batch ramp spends exactly the stage's tokens, in whole micro-batches, whatever the numbers.

#include "study/ramp.hpp"

#include <cmath>

#include "catch.hpp"

using namespace foretrain;
using study::BatchShare;
using study::list_batches;

namespace {

constexpr double over = 469e9;  // DeepSeek-V3: 3072 to 15360 sequences over the first 469 B of 14.8 T tokens
const spec::BatchSpec v3_batch{3072, 15360, over};

double steps_of(const std::vector<BatchShare>& shares) {
  double steps = 0;
  for (const auto& share : shares) steps += share.steps;
  return steps;
}
double tokens_of(const std::vector<BatchShare>& shares, std::int64_t sequence) {
  double tokens = 0;
  for (const auto& share : shares) tokens += share.steps * static_cast<double>(share.batch * sequence);
  return tokens;
}

struct Given {
  spec::BatchSpec batch;
  double tokens;
  std::int64_t sequence, granule;
};
const std::vector<Given> many{
    {v3_batch, 14.8e12, 4096, 256},       // as published
    {v3_batch, 14.8e12, 4096, 128},       // a finer ramp
    {v3_batch, 14.8e12, 4096, 7},         // `to` is not a whole number of granules above `from`
    {v3_batch, 14.8e12, 4096, 1},         // sequence by sequence
    {v3_batch, 14.8e12, 4096, 100000},    // one granule is the whole ramp
    {v3_batch, 200e9, 4096, 256},         // the tokens end inside the ramp
    {v3_batch, 469e9, 4096, 256},         // and exactly at its end
    {v3_batch, 1e6, 4096, 256},           // within the first step
    {{480, 480, 0}, 62.9e9, 131072, 32},  // constant
    {{8, 9, 1e9}, 5e9, 4096, 8},          // a ramp shorter than a granule
};

}  // namespace

TEST_CASE("a ramp spends its tokens, no more and no less") {
  const Given given = many[GENERATE(range(std::size_t{0}, std::size_t{10}))];
  CAPTURE(given.batch.from, given.batch.to, given.tokens, given.granule);
  const auto shares = list_batches(given.batch, given.tokens, given.sequence, given.granule);
  REQUIRE_FALSE(shares.empty());
  CHECK(tokens_of(shares, given.sequence) == Approx(given.tokens).epsilon(1e-9).margin(0));
  CHECK(shares.front().batch == given.batch.from);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    CHECK(shares[i].steps > 0);
    CHECK(shares[i].batch <= given.batch.to);
    if (i > 0) CHECK(shares[i].batch > shares[i - 1].batch);
    if (shares[i].batch < given.batch.to) CHECK((shares[i].batch - given.batch.from) % given.granule == 0);
  }
}

TEST_CASE("DeepSeek-V3's ramp takes about 15 thousand steps, as a ramp linear in tokens does") {
  // Steps of the continuous ramp: the integral of d(tokens) / (batch * sequence).
  const double smooth = over / 4096 * std::log(15360.0 / 3072) / (15360 - 3072);
  CHECK(smooth == Approx(15.0e3).epsilon(0.002));
  double last = 0;
  for (const std::int64_t granule : {1, 128, 256}) {
    const double steps = steps_of(list_batches(v3_batch, over, 4096, granule));
    CHECK(steps > smooth);  // rounded down to whole micro-batches: more and smaller steps
    CHECK(steps > last);
    CHECK(steps == Approx(smooth).epsilon(0.025));
    last = steps;
  }
}

TEST_CASE("after the ramp every step is of the largest batch") {
  const auto shares = list_batches(v3_batch, 14.8e12, 4096, 256);
  CHECK(shares.size() == (15360 - 3072) / 256 + 1);
  CHECK(shares.back().batch == 15360);
  CHECK(shares.back().steps == Approx((14.8e12 - over) / (15360.0 * 4096)).epsilon(1e-12));
}

TEST_CASE("tokens that end inside the ramp never reach its largest batch") {
  const auto shares = list_batches(v3_batch, over / 2, 4096, 256);
  CHECK(shares.back().batch < 3072 + (15360 - 3072) / 2 + 256);
  CHECK(list_batches(v3_batch, 1e6, 4096, 256).size() == 1);
}

TEST_CASE("a constant batch is one share") {
  for (const double over_tokens : {0.0, 1e12}) {
    const auto shares = list_batches({1920, 1920, over_tokens}, 62.9e9, 32768, 128);
    REQUIRE(shares.size() == 1);
    CHECK(shares[0].batch == 1920);
    CHECK(shares[0].steps == Approx(62.9e9 / (1920.0 * 32768)).epsilon(1e-12));
  }
}

TEST_CASE("a whole number of steps of a constant batch stays one") {
  const auto shares = list_batches({480, 480, 0}, 1000.0 * 480 * 131072, 131072, 32);
  REQUIRE(shares.size() == 1);
  CHECK(shares[0].steps == Approx(1000).epsilon(1e-12));
}
