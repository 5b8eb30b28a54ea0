#pragma once
// What meeting in the fabric costs messages that are sent at once: their time over the one that their own
// NICs and NVLinks alone would need, for each group of messages that waits for its slowest.
//
// Flows share the channels max-min fairly (deliver.hpp). The bound that a group is compared with is that of
// its fullest host channel (nvlink, pcie, nic), bytes by rate. So a full fabric link costs nothing as long as
// it gives a flow what the NIC would give it: what counts is the rate that NICs achieve, which the caller
// puts on the host links, and the rate of a cable on those between switches.
//
// Above `exact_slowdown` messages that are not alike, ends are merged within 1 % of the time (carry.hpp).
// Left out: latency, and the time at which a group really starts; that all are under way at once makes it
// the most that they can lose to one another. Cost: one carry(): for 14336 messages of which none are alike
// half a second and 10 MB.

#include <cstdint>
#include <vector>

#include "network/message_list.hpp"
#include "topology/fabric.hpp"
#include "topology/paths.hpp"

namespace foretrain::network {

struct SentAtOnce {
  MessageList list;                   // one round, nobody waits
  std::vector<std::uint32_t> groups;  // [message] from 0 on without gaps
};

struct Slowdown {
  double slowest = 1;   // group; 1: the fabric costs nothing
  double mean = 1;      // over groups
  double crossing = 0;  // share of the bytes between NVLink domains that leave their leaf
};

inline constexpr std::size_t exact_slowdown = 2000;

// No messages: nothing is slowed. Precondition: every message has a way.
Slowdown slowdown_of(const SentAtOnce& sent, const topology::Fabric& fabric, topology::Routing routing,
                     std::uint64_t seed);

}  // namespace foretrain::network
