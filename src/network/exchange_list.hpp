#pragma once
// Every transfer of a small explicit all-to-all, so that both ends can be summed: bytes sent are bytes
// received. It judges the means of exchange.hpp; a whole micro-batch is never listed in a simulation.

#include <cstdint>
#include <vector>

#include "network/transfer.hpp"

namespace foretrain::network {

struct RoutedToken {
  Rank from{};
  std::vector<Rank> to;  // GPUs of its experts, in any order; one entry per expert is fine
};

// Two rounds: over the rails to the GPU of the sender's index in each other node, then over NVLink. Transfers
// of the same two ranks are one entry, ordered by sender and receiver.
Rounds list_dispatch(const std::vector<RoutedToken>& tokens, std::int64_t gpus_per_node, Bytes row);

// The same way back: NVLink first, each partial sum once over the rails.
Rounds list_combine(const std::vector<RoutedToken>& tokens, std::int64_t gpus_per_node, Bytes row);

}  // namespace foretrain::network
