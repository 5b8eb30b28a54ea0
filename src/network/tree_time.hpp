#pragma once
// How long an all-reduce over two trees takes, without simulating it: the way of the first of K pieces, and
// K - 1 times what the fullest channel needs for the pieces of one round.
//
// On the way up and down, sums that go to one parent share the channels on which they meet, as do the
// results that leave one parent; a message starts when what it waits for is there. A NIC inside a tree has
// four pieces of each round (two children's sums, results of both trees), a channel between switches may
// have more. One piece is exact where NICs decide; with hundreds the first one's way hardly counts. With a
// few pieces, or one where the two trees meet between switches, it is up to a fifth off: the fullest
// channel is at work while the first piece is under way, and trees that meet slow each other.
//
// Cost: the messages of a round, times the depth of the trees.

#include "network/channels.hpp"
#include "network/message_list.hpp"
#include "network/route_messages.hpp"

namespace foretrain::network {

// The list is that of list_tree_messages().
Seconds time_of_trees(const MessageList& trees, const Channels& channels, const PathOf& path_of);

}  // namespace foretrain::network
