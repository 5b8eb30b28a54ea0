#pragma once
// Messages with the channels they cross: what the flow engine (carry.hpp) carries. Made from a list of
// messages one to one (route_messages.hpp) or with equivalent messages as one flow (fold.hpp).
//
// A channel is one direction of a link. A flow may stand for `count` messages that share the fate of one
// another; `weight` is then how many of its messages cross one channel, and a channel stands for all those
// that carry the same. Memory: 8 bytes a crossing, 32 a flow.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network/message_list.hpp"

namespace foretrain::network {

struct Crossing {
  std::uint32_t channel{};
  std::uint32_t weight = 1;
  friend bool operator==(const Crossing&, const Crossing&) = default;
};

struct Flow {
  double size{};              // bytes of one message
  std::int64_t start{};       // ticks; not before
  std::int64_t latency{};     // ticks from last byte out to last byte in
  std::uint32_t first{};      // of its crossings
  std::uint32_t crossings{};  // how many
};

struct Flows {
  std::vector<double> capacities;       // by channel, bytes a second
  std::vector<std::int64_t> latencies;  // by channel, ticks
  std::vector<Flow> flows;
  std::vector<std::uint64_t> counts;  // messages that a flow stands for; empty: one each
  std::vector<Crossing> crossings;
  std::vector<std::vector<Wait>> waits;  // by flow; empty: nobody waits
  std::uint32_t rounds = 1;

  std::uint64_t count(std::size_t flow) const { return counts.empty() ? 1 : counts[flow]; }
  std::span<const Crossing> path(std::size_t flow) const {
    return {crossings.data() + flows[flow].first, flows[flow].crossings};
  }
};

// Puts a flow on these channels, behind all crossings so far, with the sum of their latencies.
void set_path(Flows& flows, std::size_t flow, const std::vector<std::uint32_t>& channels);

}  // namespace foretrain::network
