// Patterns over every kind of network against closed forms of which the engine knows nothing, within 1 %:
// what crosses the fullest channel, counted on paper (networks.hpp), at its rate; for a ring the latency of
// its ways too. The analytic fidelity is held to the same. Prints the table.

#include <fmt/core.h>

#include <algorithm>

#include "catch.hpp"
#include "laws/networks.hpp"
#include "network/tree_time.hpp"

using namespace networks;
using network::MessageList;

namespace {

constexpr double buffer = 1024.0 * 1024 * 1024, latency = 500e-9;
constexpr std::uint32_t pieces = 800;

// What --network analytic says.
double estimate(const Named& net, const MessageList& list, const Run& done) {
  const topology::Paths paths(net.fabric, topology::Routing::static_rule, 1);
  const network::PathOf path_of = network::paths_of(list, paths);
  if (list.waits.empty())
    return done.loads.busiest_time.base() + static_cast<double>(done.loads.longest_latency) * 1e-9;
  const bool is_ring = list.rounds != pieces;
  return (is_ring ? network::time_of_ring : network::time_of_trees)(list, done.channels, path_of).base();
}

void compare(const Named& net, const char* pattern, const MessageList& list, double expected) {
  const Run done = run(net.fabric, list);
  const double seconds = done.seconds(), analytic = estimate(net, list, done), off = seconds / expected - 1;
  fmt::print("{:<18}  {:<14}  {:>9.3f}  {:>11.3f}  {:>+7.3f} %  {:>9.3f}\n", net.name, pattern, seconds * 1e3,
             expected * 1e3, off * 100, analytic * 1e3);
  CAPTURE(net.name, net.why, pattern, seconds, expected, analytic);
  CHECK(std::abs(off) < 0.01);
  CHECK(std::abs(analytic / seconds - 1) < 0.01);
  CHECK(done.carried.certified == done.carried.rates);
  double worst = 0;
  for (std::size_t c = 0; c < done.channels.size(); ++c)
    worst = std::max(worst, std::abs(done.carried.channel_bytes[c] - done.loads.bytes[c]));
  CHECK(worst <= buffer * 1e-6);
}

// Among 16 endpoints that lie evenly over the network, or all where there are fewer.
MessageList spread_trees(std::uint32_t endpoints) {
  const std::uint32_t ranks = std::min(endpoints, 16U);
  MessageList list = network::list_tree_messages(ranks, Bytes::from_base(buffer), pieces);
  for (network::Message& m : list.listed) m.from *= endpoints / ranks, m.to *= endpoints / ranks;
  return list;
}

}  // namespace

TEST_CASE("patterns take the time of their closed forms, on every kind of network") {
  fmt::print("{:<18}  {:<14}  {:>9}  {:>11}  {:>9}  {:>9}\n", "1 GiB each over", "pattern", "time ms",
             "closed form", "off", "analytic");
  for (const Named& net : all()) {
    const auto n = static_cast<std::uint32_t>(net.fabric.endpoints.size());
    const double piece = buffer / n / rate, of_tree = buffer / (2 * pieces) / rate;
    compare(net, "alltoall", network::list_all_to_all(n, 1_GiB), net.all_to_all * piece);
    compare(net, "incast", network::list_incast(n, 1_GiB), net.incast * buffer / rate);
    compare(net, "ring-allreduce", network::list_ring_messages({1, n}, 1_GiB),
            2 * (n - 1) * (net.ring * piece + net.links * latency));
    compare(net, "tree-allreduce", spread_trees(n), net.trees * pieces * of_tree);
  }
}
