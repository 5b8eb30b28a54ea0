#pragma once
// Equivalent messages as one flow: the coarsest equitable partition of messages and channels.
//
// Two channels are alike if they have the same capacity, latency and kind and carry equally many messages of
// each class; two messages are alike if they have the same size, start and latency, cross equally many
// channels of each class and wait for messages of the same classes. Max-min rates are then equal within a
// class, by symmetry of the equations that define them uniquely, so alike messages start, run and end
// together and the quotient, one flow a class, is the whole network. Classes are found by colour refinement
// (Paige and Tarjan, "Three partition refinement algorithms", SIAM J. Computing 16, 1987, in its simple
// form): colours are hashes of what the neighbours were. A last pass counts every message on every channel
// and refuses the partition unless it is exactly equitable, so a collision of hashes costs time, never truth.
//
// Cost: a path and about 20 ns a message in each pass; passes until no class splits, two or three for an
// all-to-all, the distance to what differs for a ring. Memory: 40 bytes a channel; 12 a message of a written
// list, nothing a message of an all-to-all.

#include <cstdint>
#include <optional>
#include <vector>

#include "network/channels.hpp"
#include "network/route_messages.hpp"

namespace foretrain::network {

struct Folded {
  static constexpr std::uint32_t none = 0xffffffffU;
  struct Class {
    std::uint64_t colour;
    std::uint32_t flow;
  };

  Flows flows;                                 // one a class; its channels are classes of channels
  std::vector<std::uint32_t> channel_class;    // by channel; none: nothing crosses it
  std::vector<std::uint32_t> first_channel;    // by class of channels
  std::vector<std::uint32_t> class_channels;   // by class: how many
  std::vector<std::uint32_t> message_class;    // of a written list, by message
  std::vector<std::uint64_t> channel_colours;  // by channel
  std::vector<Class> classes;                  // by colour

  // The class of a message and so its flow, by one look into a table or, in an all-to-all, by its path.
  std::uint32_t class_of(const MessageList& list, std::size_t message, const PathOf& path_of) const;
};

// Nothing where too little is alike to be worth it: more classes than half of what there is.
std::optional<Folded> fold(const MessageList& list, const Channels& channels, const PathOf& path_of);

}  // namespace foretrain::network
