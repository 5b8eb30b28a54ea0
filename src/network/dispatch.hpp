#pragma once
// DeepSeek's expert exchange as messages: tokens cross the rails once for each node that holds one of their
// experts, to the GPU of the sender's index, and go on over NVLink from there; combine is the way back, sums
// of a node crossing the rails once (DeepEP's normal kernels). Sizes are the means of routing.hpp for equal
// chances, so that every GPU sends alike; loads that differ are exchange.hpp's and the step's.
//
// DeepEP sends tens of rows at a time and hands them on while the next ones come. Here a GPU's tokens go in
// `pieces`, each handed on when it is there: what is not hidden is the first piece's way over NVLink.
//
// Left out: the SMs that copy (exchange.hpp's copy_time), notifications, rows that a forwarder adds up.
// Cost: messages = GPUs * (nodes - 1 + nodes * (GPUs of a node - 1)) a direction, in `pieces` rounds.

#include <cstdint>

#include "base/units.hpp"
#include "network/message_list.hpp"
#include "network/routing.hpp"

namespace foretrain::network {

struct ExpertExchange {
  std::uint32_t gpus = 1, gpus_per_node = 1;  // of the expert group; one node at least
  Bytes tokens{};                             // of one GPU, on the wire, each row once
  TokenSpread spread;
  std::uint32_t pieces = 1;
};

MessageList list_dispatch_messages(const ExpertExchange& exchange);
MessageList list_combine_messages(const ExpertExchange& exchange);

// Pieces of 32 rows, what DeepEP's settings for 128 GPUs send over the rails at a time (deepseek-ai/DeepEP,
// deep_ep/buffer.py, get_dispatch_config), at most 128.
std::uint32_t pieces_of(double tokens);

}  // namespace foretrain::network
