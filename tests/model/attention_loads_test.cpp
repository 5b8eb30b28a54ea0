#include "model/attention_loads.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "catch.hpp"

namespace {

using namespace foretrain::model;

// Pairs: a token costs the length of its document.
std::vector<double> loads_of(const Documents& documents, std::int64_t sequence, std::int64_t together,
                             std::uint64_t seed) {
  return attention_loads(documents, sequence, together, list_lengths(sequence), seed);
}

double mean_of(const std::vector<double>& loads) {
  return std::accumulate(loads.begin(), loads.end(), 0.0) / static_cast<double>(loads.size());
}
double deviation_of(const std::vector<double>& loads) {
  double sum = 0;
  for (const double load : loads) sum += (load - 1) * (load - 1);
  return std::sqrt(sum / static_cast<double>(loads.size()));
}

}  // namespace

TEST_CASE("documents that are never cut and all alike load every sequence alike") {
  CHECK(loads_of({{{1024, 1}}, false}, 4096, 1, 1).empty());
  CHECK(loads_of({{{8192, 1}}, false}, 4096, 1, 1).empty());
  CHECK(loads_of({{{300, 1}}, true}, 4096, 1, 1).empty());
}

TEST_CASE("half as long again as the sequence: one sequence of three has half the pairs") {
  const auto loads = loads_of({{{6144, 1}}, false}, 4096, 1, 1);
  REQUIRE(loads.size() > 100);
  CHECK(mean_of(loads) == Approx(1));
  CHECK(loads.front() == Approx(0.6).epsilon(0.01));  // 0.5 over 5/6
  CHECK(loads.back() == Approx(1.2).epsilon(0.01));
  const auto halves = std::count_if(loads.begin(), loads.end(), [](double load) { return load < 0.9; });
  CHECK(static_cast<double>(halves) / static_cast<double>(loads.size()) == Approx(1 / 3.0).margin(0.01));
}

TEST_CASE("a sequence has at most the pairs of one document, and several sequences differ less than one") {
  const bool whole = GENERATE(false, true);
  const Documents documents{lognormal_lengths(700, 1.2), whole};
  const auto one = loads_of(documents, 8192, 1, 3);
  CHECK(std::is_sorted(one.begin(), one.end()));
  CHECK(mean_of(one) == Approx(1));
  CHECK(one.front() > 0);
  CHECK(one.back() <= 8192 / attended_tokens(pack(documents, 8192)) * 1.15);  // the sample's mean differs
  const auto four = loads_of(documents, 8192, 4, 3);
  CHECK(mean_of(four) == Approx(1));
  CHECK(deviation_of(four) == Approx(deviation_of(one) / 2).epsilon(0.25));
}

TEST_CASE("tokens that cost alike make sequences alike, whatever their documents") {
  const Documents documents{lognormal_lengths(700, 1.2), false};
  CHECK(attention_loads(documents, 4096, 1, TokenCosts(list_lengths(4096).size(), 2.5), 1).empty());
}

TEST_CASE("the same seed packs the same documents") {
  const Documents documents{lognormal_lengths(700, 1.2), false};
  CHECK(loads_of(documents, 4096, 1, 5) == loads_of(documents, 4096, 1, 5));
  CHECK(loads_of(documents, 4096, 1, 5) != loads_of(documents, 4096, 1, 6));
}
