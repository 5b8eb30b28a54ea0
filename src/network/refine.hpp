#pragma once
// Colours for fold.hpp: numbers that are equal for messages and channels that cannot be told apart by what is
// around them. Refined pass by pass until no class splits. Equal colours are nearly always a proof of being
// alike, and fold.hpp checks them; different ones always are one of being different.

#include <cstdint>
#include <vector>

#include "network/channels.hpp"
#include "network/route_messages.hpp"

namespace foretrain::network {

struct Colours {
  std::vector<std::uint64_t> channels;  // 0: nothing crosses it
  std::vector<std::uint64_t> messages;  // of a written list; of an all-to-all they follow from the channels
};

// The colour of a message of an all-to-all, or of a list in which nobody waits.
std::uint64_t colour_of(const Message& message, const std::vector<std::uint32_t>& path,
                        const std::vector<std::uint64_t>& channel_colours);

// Empty where more than half of the crossed channels or of the messages turn out to differ.
Colours refine(const MessageList& list, const Channels& channels, const PathOf& path_of);

}  // namespace foretrain::network
