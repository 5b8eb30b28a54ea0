#include "network/carry.hpp"

#include <cmath>

#include "base/random.hpp"
#include "catch.hpp"
#include "network/plain_carry.hpp"

using foretrain::Rng;
using namespace foretrain::network;

namespace {

Flows network_of(std::vector<double> capacities) {
  Flows flows;
  flows.latencies.assign(capacities.size(), 0);
  flows.capacities = std::move(capacities);
  return flows;
}

void add(Flows& flows, double size, std::int64_t start, const std::vector<std::uint32_t>& channels) {
  flows.flows.push_back({.size = size, .start = start});
  set_path(flows, flows.flows.size() - 1, channels);
}

// Messages that start at odd times, on random channels, some of which wait for others before them.
Flows random_flows(Rng& rng) {
  Flows flows;
  const std::uint64_t channels = 2 + rng.uniform(8), count = 2 + rng.uniform(20);
  for (std::uint64_t c = 0; c < channels; ++c) {
    flows.capacities.push_back(1e9 * static_cast<double>(1 + rng.uniform(9)));
    flows.latencies.push_back(static_cast<std::int64_t>(rng.uniform(2000)));
  }
  flows.rounds = 1 + static_cast<std::uint32_t>(rng.uniform(3));
  const bool waits = rng.uniform(2) == 1;
  for (std::uint32_t f = 0; f < count; ++f) {
    std::vector<std::uint32_t> path;
    for (std::uint32_t c = 0; c < channels; ++c)
      if (rng.uniform(3) == 0) path.push_back(c);
    if (path.empty()) path.push_back(static_cast<std::uint32_t>(rng.uniform(channels)));
    add(flows, static_cast<double>(1000 * (1 + rng.uniform(900))),
        static_cast<std::int64_t>(rng.uniform(100000)), path);
    if (!waits) continue;
    flows.waits.emplace_back();
    while (f > 0 && rng.uniform(2) == 0)
      flows.waits.back().push_back({static_cast<std::uint32_t>(rng.uniform(f)),
                                    static_cast<std::uint32_t>(rng.uniform(2)),
                                    rng.uniform(2) == 0 ? Until::sent : Until::arrived});
    if (flows.rounds > 1) flows.waits.back().push_back({f, 1, Until::sent});
  }
  return flows;
}

}  // namespace

TEST_CASE("one flow takes its bytes over the narrowest channel and then the latency of all") {
  Flows flows = network_of({10e9, 5e9});
  flows.latencies = {300, 700};
  add(flows, 5e6, 50, {0, 1});
  const Carried done = carry(flows);
  CHECK(done.arrivals == std::vector<std::int64_t>{50 + 1000000 + 1000});
  CHECK(done.end == done.arrivals.front());
  CHECK(done.channel_bytes[0] == Approx(5e6));
}

TEST_CASE("a flow that ends leaves its share to the others at once") {
  // Two share 2 GB/s until the short one's 1 MB is out at 1 ms; the other's second MB then takes 0.5 ms.
  Flows flows = network_of({2e9});
  add(flows, 1e6, 0, {0});
  add(flows, 2e6, 0, {0});
  CHECK(carry(flows).arrivals == std::vector<std::int64_t>{1000000, 1500000});
}

TEST_CASE("a message waits until another has left or is there") {
  Flows flows = network_of({1e9, 1e9, 1e9});
  flows.latencies = {500, 500, 500};
  for (std::uint32_t c = 0; c < 3; ++c) add(flows, 1e6, 0, {c});
  flows.waits = {{}, {{0, 0, Until::sent}}, {{0, 0, Until::arrived}}};
  CHECK(carry(flows).arrivals == std::vector<std::int64_t>{1000500, 2000500, 2001000});
}

TEST_CASE("rounds of a list wait for the rounds before") {
  Flows flows = network_of({1e9, 1e9});
  flows.latencies = {100, 100};
  add(flows, 1e3, 0, {0});
  add(flows, 1e3, 0, {1});
  flows.waits = {{{1, 1, Until::arrived}}, {{0, 1, Until::arrived}}};
  flows.rounds = 4;
  const Carried done = carry(flows);
  for (std::size_t i = 0; i < 8; ++i) CHECK(done.arrivals[i] == 1100 * static_cast<std::int64_t>(i / 2 + 1));
}

TEST_CASE("components solved again as they change give what solving everything at every event gives") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 300)));
  CAPTURE(seed);
  Rng rng(seed, "test/carry");
  const Flows flows = random_flows(rng);
  const Carried done = carry(flows, {.certify = true});
  const std::vector<double> expected = judge::carry(flows);
  REQUIRE(done.arrivals.size() == expected.size());
  // Each of a chain of ends is rounded to a nanosecond.
  for (std::size_t i = 0; i < expected.size(); ++i)
    REQUIRE(std::abs(static_cast<double>(done.arrivals[i]) - expected[i]) <= 8);
  CHECK(done.certified == done.rates);
}

TEST_CASE("every channel carries the bytes of the messages that cross it, no more and no less") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 50)));
  Rng rng(seed, "test/carry/bytes");
  const Flows flows = random_flows(rng);
  std::vector<double> expected(flows.capacities.size(), 0);
  for (std::size_t f = 0; f < flows.flows.size(); ++f)
    for (const Crossing& x : flows.path(f)) expected[x.channel] += flows.flows[f].size * flows.rounds;
  const Carried done = carry(flows);
  for (std::size_t c = 0; c < expected.size(); ++c)
    CHECK(done.channel_bytes[c] == Approx(expected[c]).epsilon(1e-12));
}

TEST_CASE("shares given back in intervals move the last end by no more than a few of these") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 50)));
  Rng rng(seed, "test/carry/merge");
  Flows flows = random_flows(rng);
  flows.waits.clear();
  flows.rounds = 1;
  const Carried exact = carry(flows), merged = carry(flows, {.merge = 0.01});
  CHECK(static_cast<double>(merged.end) >= static_cast<double>(exact.end) * 0.97);
  CHECK(static_cast<double>(merged.end) <= static_cast<double>(exact.end) * 1.03);
}

TEST_CASE("the same flows are carried the same way twice") {
  Rng rng(7, "test/carry");
  const Flows flows = random_flows(rng);
  const Carried a = carry(flows), b = carry(flows);
  CHECK(a.arrivals == b.arrivals);
  CHECK(a.fingerprint == b.fingerprint);
}
