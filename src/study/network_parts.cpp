#include "study/network_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/random.hpp"
#include "network/patterns.hpp"
#include "network/tree_time.hpp"
#include "study/link_use.hpp"

namespace foretrain::study {
namespace {

using network::Bound;

// One BF16 value is two bytes; in FP8 one, and four for the scale of each 128 (DeepSeek-V3 report, 3.3.2).
constexpr double fp8_share = (1 + 4.0 / 128) / 2;
constexpr double row_bytes = 2 * 7168;  // of DeepSeek-V3; decides in how many pieces tokens go

network::GroupShape shape_of(const Traffic& t, const network::HostLinks& host) {
  const std::int64_t m = t.endpoints % host.per_domain == 0 ? host.per_domain : 1;
  return {m, t.endpoints / m};
}

Bound all_to_all_bound(const topology::Fabric& fabric, const Traffic& t, const network::HostLinks& host) {
  Bound bound = network::bound_of_all_to_all(t.endpoints, t.size, host);
  if (t.endpoints != fabric.endpoints.size()) return bound;
  if (fabric.torus) {
    const Bandwidth link = fabric.links.front().capacity * t.efficiency[topology::LinkKind::mesh];
    return network::longer(bound, network::bound_of_torus(*fabric.torus, t.size, link));
  }
  if (!fabric.bisection || !fabric.bisection->exact) return bound;
  const double share = *std::max_element(t.efficiency.of.begin(), t.efficiency.of.end());
  return network::longer(bound,
                         network::bound_of_bisection(t.endpoints, t.size, fabric.bisection->one_way * share));
}

std::vector<TrafficPart> list_exchange(const topology::Fabric& fabric, const Traffic& t,
                                       const network::HostLinks& host) {
  network::ExpertRouting routing = t.experts;
  routing.expert_parallel = t.endpoints;
  routing.gpus_per_node = fabric.layout->gpus_per_domain;
  routing.group_scored_by = std::min(routing.group_scored_by, routing.experts / routing.groups);
  network::ExpertExchange x;
  x.gpus = t.endpoints;
  x.gpus_per_node = std::min(host.per_domain, t.endpoints);
  x.spread = network::spread_of(routing, Rng(t.seed, "network/dispatch"));
  x.pieces = network::pieces_of(t.size.base() / row_bytes);
  x.tokens = t.size * fp8_share;
  TrafficPart dispatch{network::list_dispatch_messages(x), network::bound_of_exchange(x, host), x};
  x.tokens = t.size;
  TrafficPart combine{network::list_combine_messages(x), network::bound_of_exchange(x, host), x};
  return {std::move(dispatch), std::move(combine)};
}

// The clock holds 292 years. No pattern hands a byte on more often than a dispatch, to each expert of a token
// and back, or waits more often than a ring, twice for each endpoint; so everything takes less than all of
// that over the slowest link, one byte and one link's latency after the other.
std::string why_not_timed(const topology::Fabric& fabric, const Traffic& t) {
  constexpr double most = 100 * 365.25 * 86400;
  constexpr double pieces = 1024;  // that trees and dispatches cut messages into, and more
  double slowest = std::numeric_limits<double>::infinity(), longest = 0;
  for (const topology::Link& link : fabric.links) {
    const double rate = link.capacity.base() * t.efficiency[link.kind];
    if (rate > 0) slowest = std::min(slowest, rate);
    longest = std::max(longest, link.latency.base());
  }
  const double copies =
      t.pattern == TrafficPattern::dispatch ? 2.0 * static_cast<double>(t.experts.top_k) : 2;
  const double carried = t.endpoints * t.size.base() * copies / slowest;
  const double waited = (2.0 * t.endpoints + pieces) * static_cast<double>(fabric.nodes.size()) * longest;
  if (carried <= most && waited <= most) return "";
  return fmt::format(
      "this may take more than 100 years, and the clock ends after 292: {:.3g} B from each of {} endpoints "
      "over a link of {:.3g} B/s, and a latency of {:.3g} s",
      t.size.base(), t.endpoints, slowest, longest);
}

}  // namespace

std::string why_not(const topology::Fabric& fabric, const Traffic& t) {
  if (t.endpoints > fabric.endpoints.size())
    return fmt::format("{} endpoints are more than the network's {}", t.endpoints, fabric.endpoints.size());
  if (t.endpoints < 2) return "a pattern needs two endpoints";
  if (auto reason = why_not_timed(fabric, t); !reason.empty()) return reason;
  if (t.fidelity == NetworkFidelity::analytic && t.routing == topology::Routing::adaptive)
    return "adaptive routing depends on loads that only --network flow knows";
  if (t.pattern != TrafficPattern::dispatch) return "";
  if (!fabric.layout)
    return "a dispatch needs a cluster of GPUs, whose NVLink domains forward for each other";
  const std::int64_t m = fabric.layout->gpus_per_domain, n = t.endpoints;
  if (n % m != 0 && m % n != 0) return fmt::format("{} GPUs do not fill NVLink domains of {}", n, m);
  if (t.experts.experts % n != 0)
    return fmt::format("{} experts do not divide among {} GPUs", t.experts.experts, n);
  if (t.experts.experts % t.experts.groups != 0)
    return fmt::format("{} experts do not divide into {} groups", t.experts.experts, t.experts.groups);
  if (t.experts.top_groups > t.experts.groups)
    return fmt::format("{} groups cannot be chosen of {}", t.experts.top_groups, t.experts.groups);
  if (t.experts.top_k > t.experts.experts / t.experts.groups * t.experts.top_groups)
    return fmt::format("{} experts cannot be chosen from {} groups of {}", t.experts.top_k,
                       t.experts.top_groups, t.experts.experts / t.experts.groups);
  return "";
}

std::vector<TrafficPart> list_parts(const topology::Fabric& fabric, const Traffic& t,
                                    const network::HostLinks& host) {
  std::vector<TrafficPart> parts(1);
  TrafficPart& part = parts.front();
  switch (t.pattern) {
    case TrafficPattern::alltoall:
      part = {network::list_all_to_all(t.endpoints, t.size), all_to_all_bound(fabric, t, host), {}};
      break;
    case TrafficPattern::ring_allreduce:
      part = {network::list_ring_messages(shape_of(t, host), t.size),
              network::bound_of_all_reduce(t.endpoints, t.size, host),
              {}};
      break;
    case TrafficPattern::tree_allreduce:
      part = {network::list_tree_messages(t.endpoints, t.size, network::tree_pieces(t.size)),
              network::bound_of_all_reduce(t.endpoints, t.size, host),
              {}};
      break;
    case TrafficPattern::permutation:
      part.list = network::list_permutation(t.endpoints, t.size, t.seed);
      part.bound = network::bound_of_permutation(part.list, host);
      break;
    case TrafficPattern::incast:
      part = {
          network::list_incast(t.endpoints, t.size), network::bound_of_incast(t.endpoints, t.size, host), {}};
      break;
    case TrafficPattern::dispatch:
      return list_exchange(fabric, t, host);
  }
  return parts;
}

network::Bound bound_of_ring(const TrafficPart& part, const Traffic& t, const network::HostLinks& host,
                             const network::Channels& channels, const network::PathOf& path_of) {
  const network::Loads loads = network::loads_of(part.list, channels, path_of);
  return network::bound_of_ring(part.list, t.size, host,
                                seconds(static_cast<double>(loads.shortest_latency) * 1e-9));
}

Seconds time_of(const TrafficPart& part, const Traffic& t, const network::HostLinks& host,
                const network::Channels& channels, const network::PathOf& path_of,
                const network::Loads& loads, Seconds latency) {
  switch (t.pattern) {
    case TrafficPattern::ring_allreduce:
      return network::time_of_ring(part.list, channels, path_of);
    case TrafficPattern::tree_allreduce:
      return network::time_of_trees(part.list, channels, path_of);
    case TrafficPattern::dispatch:
      return network::time_of_exchange(part.exchange, host, latency);
    case TrafficPattern::alltoall:
    case TrafficPattern::permutation:
    case TrafficPattern::incast:
      break;
  }
  return loads.busiest_time + latency;
}

void measure_levels(const topology::Fabric& fabric, const network::Channels& channels,
                    NetworkOutcome& outcome) {
  std::array<NetworkLevel, topology::link_kinds> levels;
  std::size_t busiest = 0;
  outcome.uses.assign(channels.size(), 0.0);
  for (std::size_t c = 0; c < channels.size(); ++c) {
    NetworkLevel& level = levels[static_cast<std::size_t>(channels.kinds[c])];
    level.kind = channels.kinds[c];
    ++level.channels;
    if (outcome.carried[c] <= 0) continue;
    const double carries = channels.capacities[c] * outcome.completion.base();
    const double use = carries > 0 ? outcome.carried[c] / carries : 0;  // 0: shorter than the clock tells
    outcome.uses[c] = use;
    ++level.used;
    level.carried += bytes(outcome.carried[c]);
    level.mean += use;
    level.highest = std::max(level.highest, use);
    if (rank_of_use(use) > rank_of_use(outcome.uses[busiest])) busiest = c;
  }
  for (NetworkLevel& level : levels) {
    if (level.used > 0) level.mean /= static_cast<double>(level.used);
    if (level.channels > 0) outcome.levels.push_back(level);
  }
  outcome.busiest_use = outcome.uses[busiest];
  outcome.busiest = NodeNames(fabric).of_channel(busiest);
}

}  // namespace foretrain::study
