#pragma once
// The flow-level network: flows in time on the event engine. Flows in flight share channels max-min fairly
// (fair_share.hpp); whenever some start or end, the components they belong to are solved again and no others.
// A message is there when its last byte has left and the latency of its path has passed.
//
// Left out: packets, queues and their delay, congestion control and its ramps, loss, pause frames, time of
// the end points. A rate changes at once for the whole path.
//
// `merge` trades exactness for speed where nothing is alike (docs/network.md): flows still end at their own
// time, but what they free is given out only after that share of the elapsed time, all of an interval at
// once. 0: at each end. Shares are then stale by at most that share of the time, and ends err by about as
// much.
//
// Cost: per message two or three events; per change O(crossings of its component), which is everything where
// all flows reach one another: trees and ECMP among thousands are slow for that. Memory: 8 bytes a message
// and round, 4 more where any waits; 36, and 12 a crossing, a flow in flight.

#include <cstdint>
#include <vector>

#include "network/flows.hpp"
#include "topology/paths.hpp"

namespace foretrain::network {

struct CarryOptions {
  double merge = 0;      // in [0, 1)
  bool certify = false;  // look for the bottleneck of every flow after every solve
  // Where given, a flow without crossings takes the least loaded path when it first starts (choose_path.hpp)
  // and keeps it; `ends` has the end points.
  const topology::Paths* adaptive = nullptr;
  const MessageList* ends = nullptr;
};

struct Carried {
  std::vector<std::int64_t> arrivals;      // ticks, by round * flows + flow
  std::vector<double> channel_bytes;       // carried by each channel, from rates and times
  std::int64_t end = 0;                    // the last arrival
  std::uint64_t events = 0, solves = 0;    // solves: of a component
  std::uint64_t rates = 0, certified = 0;  // rates given to messages, and those found to have a bottleneck
  std::uint64_t fingerprint = 0;
};

Carried carry(Flows flows, const CarryOptions& options = {});

}  // namespace foretrain::network
