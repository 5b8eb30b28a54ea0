#pragma once
// The one entry for collectives that a training step asks for: how long a pattern takes among a group.

#include "base/communication.hpp"
#include "network/collective.hpp"

namespace foretrain::network {

// `buffer` is the whole vector: before a reduce-scatter, after an all-gather. No time for a group of one.
Seconds time_of(Pattern pattern, Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds);

// Every rank sends buffer / size to each rank of the group, its own share (which does not travel) included.
Seconds time_of_all_to_all(Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds);

}  // namespace foretrain::network
