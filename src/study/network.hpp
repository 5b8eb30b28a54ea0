#pragma once
// A traffic pattern over a network: how long it takes, beside the least it could take, and where the bytes
// went. Two fidelities:
//
//   flow      every message in time over shared channels (network/carry.hpp). Messages that are alike are
//             folded, exactly. Where they are not, each is a flow of its own, and where more than
//             `exact_flows` start together, what ends within `merge_share` of the elapsed time gives its
//             bandwidth back together. Adaptive routing is never folded.
//   analytic  no simulation (network/bounds.hpp): the channel with the most bytes for its capacity where
//             messages start together, closed forms for rings, trees and expert exchanges. Not with adaptive
//             routing, whose loads only time can tell.
//
// Flow is the rule. Analytic is for what flow refuses: more than `most_messages` messages to look at, or more
// than `most_flows` that are not alike.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "network/channels.hpp"
#include "network/routing.hpp"
#include "topology/fabric.hpp"
#include "topology/paths.hpp"

namespace foretrain::study {

enum class TrafficPattern : std::uint8_t {
  alltoall,
  ring_allreduce,
  tree_allreduce,
  permutation,
  incast,
  dispatch
};
enum class NetworkFidelity : std::uint8_t { flow, analytic };

inline constexpr std::uint64_t exact_flows = 20'000, most_flows = 16'000'000, most_messages = 500'000'000;
inline constexpr double merge_share = 0.001;

std::string_view name_of(TrafficPattern pattern);
std::string_view name_of(topology::Routing routing);
std::string_view name_of(topology::LinkKind kind);  // as options name it

struct Traffic {
  TrafficPattern pattern{};
  std::uint32_t endpoints = 0;
  Bytes size{};  // of one endpoint: what it sends, or its buffer; of dispatch its tokens in BF16
  topology::Routing routing = topology::Routing::static_rule;
  std::uint64_t seed = 1;
  NetworkFidelity fidelity = NetworkFidelity::flow;
  network::Efficiency efficiency;
  // Of dispatch; expert_parallel and gpus_per_node follow from the network. DeepSeek-V3's by default.
  network::ExpertRouting experts{.experts = 256, .top_k = 8, .groups = 8, .top_groups = 4};
};

struct NetworkLevel {
  topology::LinkKind kind{};
  std::uint64_t channels = 0, used = 0;  // directions of links
  Bytes carried{};
  double mean = 0, highest = 0;  // of capacity times completion time; mean over used channels
};

struct NetworkOutcome {
  std::string infeasible;  // why there is no answer; the rest is then empty
  Seconds completion{}, bound{};
  std::string bound_term;
  std::uint64_t messages = 0, flows = 0, events = 0, solves = 0;
  std::uint64_t rates = 0, certified = 0;  // of messages, at every solve
  bool folded = false, merged = false;
  std::vector<NetworkLevel> levels;
  // By channel, two a link (topology/fabric.hpp's a to b, then back): bytes, and their share of the capacity
  // over the completion time. Known in both fidelities; 16 bytes a channel.
  std::vector<double> carried, uses;
  std::string busiest;  // channel
  double busiest_use = 0;
  std::uint64_t fingerprint = 0;
};

// What is wrong with asking for this traffic on this network, or "".
std::string why_not(const topology::Fabric& fabric, const Traffic& traffic);

// Precondition: why_not() is empty.
NetworkOutcome run_traffic(const topology::Fabric& fabric, const Traffic& traffic);

}  // namespace foretrain::study
