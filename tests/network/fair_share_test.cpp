#include "network/fair_share.hpp"

#include <algorithm>
#include <numeric>

#include "base/random.hpp"
#include "catch.hpp"
#include "network/plain_fair_share.hpp"

using foretrain::Rng;
using namespace foretrain::network;

namespace {

struct Network {
  std::vector<double> capacities;
  std::vector<judge::Flow> flows;
};

Network random_network(Rng& rng, std::uint64_t links, std::uint64_t flows) {
  Network net;
  for (std::uint64_t l = 0; l < links; ++l) net.capacities.push_back(static_cast<double>(1 + rng.uniform(9)));
  for (std::uint64_t f = 0; f < flows; ++f) {
    std::vector<std::size_t> all(links);
    std::iota(all.begin(), all.end(), std::size_t{0});
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[rng.uniform(i)]);
    all.resize(1 + rng.uniform(links));
    net.flows.push_back({all, static_cast<double>(1 + rng.uniform(3))});
  }
  return net;
}

// A flow of count n as one whose crossings weigh n.
std::vector<double> solve(const Network& net) {
  Flows flows;
  flows.capacities = net.capacities;
  for (const judge::Flow& flow : net.flows) {
    flows.flows.push_back({.first = static_cast<std::uint32_t>(flows.crossings.size()),
                           .crossings = static_cast<std::uint32_t>(flow.links.size())});
    for (const std::size_t l : flow.links)
      flows.crossings.push_back({static_cast<std::uint32_t>(l), static_cast<std::uint32_t>(flow.count)});
  }
  return max_min_rates(flows);
}

std::vector<double> loads(const Network& net, const std::vector<double>& rates) {
  std::vector<double> all(net.capacities.size(), 0);
  for (std::size_t f = 0; f < rates.size(); ++f)
    for (const std::size_t l : net.flows[f].links) all[l] += rates[f] * net.flows[f].count;
  return all;
}

bool within_capacity(const Network& net, const std::vector<double>& rates) {
  const auto load = loads(net, rates);
  for (std::size_t l = 0; l < load.size(); ++l)
    if (load[l] > net.capacities[l] * (1 + 1e-9)) return false;
  return true;
}

// Every flow crosses a full link on which nobody is faster.
bool has_certificate(const Network& net, const std::vector<double>& rates) {
  const auto load = loads(net, rates);
  for (std::size_t f = 0; f < rates.size(); ++f) {
    bool found = false;
    for (const std::size_t l : net.flows[f].links) {
      bool fastest = true;
      for (std::size_t o = 0; o < rates.size(); ++o) {
        const auto& links = net.flows[o].links;
        if (std::find(links.begin(), links.end(), l) != links.end() && rates[o] > rates[f] * (1 + 1e-9))
          fastest = false;
      }
      found = found || (fastest && load[l] > net.capacities[l] * (1 - 1e-9));
    }
    if (!found) return false;
  }
  return true;
}

// Try every order in which links could fill; keep the one whose rates fit and carry the certificate.
std::vector<double> solve_by_trying(const Network& net) {
  std::vector<std::size_t> order(net.capacities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  do {
    std::vector<double> rates(net.flows.size(), -1);
    for (const std::size_t l : order) {
      double left = net.capacities[l], weight = 0;
      for (std::size_t f = 0; f < rates.size(); ++f) {
        const auto& links = net.flows[f].links;
        if (std::find(links.begin(), links.end(), l) == links.end()) continue;
        if (rates[f] < 0)
          weight += net.flows[f].count;
        else
          left -= rates[f] * net.flows[f].count;
      }
      for (std::size_t f = 0; f < rates.size() && weight > 0; ++f) {
        const auto& links = net.flows[f].links;
        if (rates[f] < 0 && std::find(links.begin(), links.end(), l) != links.end())
          rates[f] = std::max(left, 0.0) / weight;
      }
    }
    if (within_capacity(net, rates) && has_certificate(net, rates)) return rates;
  } while (std::next_permutation(order.begin(), order.end()));
  return {};
}

void require_equal(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t f = 0; f < a.size(); ++f) REQUIRE(a[f] == Approx(b[f]).epsilon(1e-9));
}

}  // namespace

TEST_CASE("the textbook line: a long flow against short ones") {
  const auto rates = solve({{1, 2}, {{{0, 1}}, {{0}}, {{1}}}});
  CHECK(rates[0] == Approx(0.5));
  CHECK(rates[1] == Approx(0.5));
  CHECK(rates[2] == Approx(1.5));
}

TEST_CASE("max-min shares fit, carry their certificate and equal a search over all orders") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 300)));
  Rng rng(seed, "test/fair_share");
  const Network net = random_network(rng, 1 + rng.uniform(5), 1 + rng.uniform(8));
  const auto rates = solve(net);
  REQUIRE(within_capacity(net, rates));
  REQUIRE(has_certificate(net, rates));
  require_equal(rates, solve_by_trying(net));
}

TEST_CASE("large random networks carry certificates and equal plain progressive filling") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 40)));
  Rng rng(seed, "test/fair_share/large");
  const Network net = random_network(rng, 5 + rng.uniform(30), 20 + rng.uniform(150));
  const auto rates = solve(net);
  CHECK(within_capacity(net, rates));
  CHECK(has_certificate(net, rates));
  require_equal(rates, judge::max_min_rates(net.capacities, net.flows));
}

TEST_CASE("a flow of count n does to the last bit what n flows do") {
  const auto folded = solve({{10, 4.1, 0.7}, {{{0, 2}, 3}, {{0, 1}, 2}}});
  const auto unfolded = solve({{10, 4.1, 0.7}, {{{0, 2}}, {{0, 2}}, {{0, 2}}, {{0, 1}}, {{0, 1}}}});
  CHECK(folded[0] == unfolded[0]);
  CHECK(folded[1] == unfolded[4]);
}
