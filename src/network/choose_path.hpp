#pragma once
// Adaptive routing: a flow that starts takes the least loaded of its shortest paths. The load of a path is
// that of its fullest channel, flows in flight (this one included) by capacity; among equals the first after
// a place given by the flow's number, so that flows that start together do not all try the same spine first.
// Later changes of load do not move it. Cost: O(choices * hops).

#include <cstdint>

#include "network/active_flows.hpp"
#include "network/flows.hpp"
#include "topology/paths.hpp"

namespace foretrain::network {

// Sets the flow's crossings and latency. Precondition: its message can be routed.
void choose_path(Flows& flows, std::uint32_t flow, const topology::Paths& paths, const MessageList& ends,
                 const ActiveFlows& active);

}  // namespace foretrain::network
