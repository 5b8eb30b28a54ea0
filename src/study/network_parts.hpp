#pragma once
// The pieces of study/network.hpp: which lists of messages a pattern is, one after the other, with the least
// time of each; their time without simulation; and what the channels were used for.

#include <vector>

#include "network/bounds.hpp"
#include "network/dispatch.hpp"
#include "study/network.hpp"

namespace foretrain::study {

struct TrafficPart {
  network::MessageList list;
  network::Bound bound;
  network::ExpertExchange exchange;  // of dispatch and combine
};

std::vector<TrafficPart> list_parts(const topology::Fabric& fabric, const Traffic& traffic,
                                    const network::HostLinks& host);

// Where latency counts in every round: a ring's bound with its shortest way.
network::Bound bound_of_ring(const TrafficPart& part, const Traffic& traffic, const network::HostLinks& host,
                             const network::Channels& channels, const network::PathOf& path_of);

// `latency` is that of the longest path.
Seconds time_of(const TrafficPart& part, const Traffic& traffic, const network::HostLinks& host,
                const network::Channels& channels, const network::PathOf& path_of,
                const network::Loads& loads, Seconds latency);

// Fills uses, levels and busiest from what each channel carried in the time of completion.
void measure_levels(const topology::Fabric& fabric, const network::Channels& channels,
                    NetworkOutcome& outcome);

}  // namespace foretrain::study
