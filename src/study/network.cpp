#include "study/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "network/bounds.hpp"
#include "network/deliver.hpp"
#include "network/dispatch.hpp"
#include "network/patterns.hpp"
#include "study/network_parts.hpp"

namespace foretrain::study {
namespace {

// Whether any endpoint hangs on two switches or more.
bool has_several_links(const topology::Fabric& fabric) {
  std::vector<std::uint32_t> links(fabric.nodes.size(), 0);
  for (const topology::Link& link : fabric.links) {
    ++links[index_of(link.a)];
    ++links[index_of(link.b)];
  }
  return std::any_of(fabric.endpoints.begin(), fabric.endpoints.end(),
                     [&](topology::NodeId endpoint) { return links[index_of(endpoint)] > 1; });
}

// One list over the network in one fidelity, added to the outcome. False, with the reason, where there is no
// answer.
class Runner {
 public:
  Runner(const topology::Fabric& fabric, const Traffic& traffic)
      : fabric_(fabric),
        traffic_(traffic),
        channels_(network::list_channels(fabric, traffic.efficiency)),
        paths_(fabric, traffic.routing, traffic.seed),
        host_(network::host_links_of(fabric, channels_)),
        bytes_(channels_.size(), 0.0) {}

  NetworkOutcome run() {
    for (TrafficPart& part : list_parts(fabric_, traffic_, host_)) {
      if (outcome_.infeasible = refusal(part.list); !outcome_.infeasible.empty()) return std::move(outcome_);
      traffic_.fidelity == NetworkFidelity::flow ? simulate(part) : estimate(part);
      if (!outcome_.infeasible.empty()) return std::move(outcome_);
      if (traffic_.pattern == TrafficPattern::ring_allreduce)
        part.bound = bound_of_ring(part, traffic_, host_, channels_, network::paths_of(part.list, paths_));
      outcome_.bound += part.bound.time;
      if (outcome_.bound_term.empty()) outcome_.bound_term = part.bound.term;
    }
    outcome_.carried = std::move(bytes_);
    measure_levels(fabric_, channels_, outcome_);
    return std::move(outcome_);
  }

 private:
  // Too many to look at, or two ends that nothing joins.
  std::string refusal(const network::MessageList& list) const {
    if (list.size() > most_messages)
      return fmt::format("{} messages are more than the {} that are looked at one by one", list.size(),
                         most_messages);
    // Switches pass on in both directions, so who reaches one endpoint with a single link reaches all.
    const bool all = has_several_links(fabric_);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const network::Message m = list.at(i);
      if (!all && m.from > 0 && list.all_to_all > 0) break;
      if (!paths_.joined(m.from, m.to))
        return fmt::format("no way leads from endpoint {} to {}", m.from, m.to);
    }
    return "";
  }

  void simulate(const TrafficPart& part) {
    const auto done = network::deliver(part.list, channels_, paths_,
                                       {.adaptive = traffic_.routing == topology::Routing::adaptive,
                                        .certify = true,
                                        .exact_flows = exact_flows,
                                        .merge = merge_share,
                                        .most_flows = most_flows});
    if (!done) {
      outcome_.infeasible = fmt::format(
          "{} messages of which too few are alike are more than the {} that are carried one by one",
          part.list.size() * part.list.rounds, most_flows);
      return;
    }
    const network::Carried& carried = done->carried();
    outcome_.completion += seconds(static_cast<double>(carried.end) * 1e-9);
    outcome_.messages += part.list.size() * part.list.rounds;
    outcome_.flows += done->flows();
    outcome_.folded |= done->folded();
    outcome_.merged |= done->merged();
    outcome_.events += carried.events;
    outcome_.solves += carried.solves;
    outcome_.rates += carried.rates;
    outcome_.certified += carried.certified;
    outcome_.fingerprint = outcome_.fingerprint * 31 + carried.fingerprint;
    const std::vector<double> bytes = done->channel_bytes();
    for (std::size_t c = 0; c < bytes_.size(); ++c) bytes_[c] += bytes[c];
  }

  void estimate(const TrafficPart& part) {
    const network::PathOf path_of = network::paths_of(part.list, paths_);
    const network::Loads loads = network::loads_of(part.list, channels_, path_of);
    outcome_.messages += part.list.size() * part.list.rounds;
    const Seconds latency = seconds(static_cast<double>(loads.longest_latency) * 1e-9);
    outcome_.completion += time_of(part, traffic_, host_, channels_, path_of, loads, latency);
    for (std::size_t c = 0; c < bytes_.size(); ++c) bytes_[c] += loads.bytes[c];
  }

  const topology::Fabric& fabric_;
  const Traffic& traffic_;
  network::Channels channels_;
  topology::Paths paths_;
  network::HostLinks host_;
  std::vector<double> bytes_;  // by channel
  NetworkOutcome outcome_;
};

}  // namespace

std::string_view name_of(TrafficPattern pattern) {
  constexpr std::array<std::string_view, 6> names{"alltoall",    "ring-allreduce", "tree-allreduce",
                                                  "permutation", "incast",         "dispatch"};
  return names[static_cast<std::size_t>(pattern)];
}

std::string_view name_of(topology::Routing routing) {
  constexpr std::array<std::string_view, 4> names{"shortest", "ecmp", "static", "adaptive"};
  return names[static_cast<std::size_t>(routing)];
}

std::string_view name_of(topology::LinkKind kind) {
  constexpr std::array<std::string_view, topology::link_kinds> names{
      "nvlink", "pcie", "nic", "leaf-spine", "spine-core", "local", "global", "mesh"};
  return names[static_cast<std::size_t>(kind)];
}

NetworkOutcome run_traffic(const topology::Fabric& fabric, const Traffic& traffic) {
  return Runner(fabric, traffic).run();
}

}  // namespace foretrain::study
