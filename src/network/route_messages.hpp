#pragma once
// From messages to flows, one to one: every message on the channels of its path. Cost: a path a message; 8
// bytes a crossing and 32 a message.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "network/channels.hpp"
#include "network/flows.hpp"
#include "network/message_list.hpp"
#include "topology/paths.hpp"

namespace foretrain::network {

// Appends the channels of message i of a list.
using PathOf = std::function<void(std::size_t, std::vector<std::uint32_t>&)>;
PathOf paths_of(const MessageList& list, const topology::Paths& paths);  // both must outlive it

Flows route_messages(const MessageList& list, const Channels& channels, const PathOf& path_of);

// Without paths, which the engine then chooses (CarryOptions::adaptive).
Flows unrouted(const MessageList& list, const Channels& channels);

}  // namespace foretrain::network
