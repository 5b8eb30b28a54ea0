#pragma once
// Collectives as lists of transfers in rounds, and their times in closed form.
//
// A group of n = nodes * gpus_per_node ranks. In the ring algorithm of m = gpus_per_node rings at once, each
// ring carries 1/m of the buffer S and leaves every node by a rail of its own, as NCCL does with one NIC a
// GPU. A reduce-scatter or all-gather takes n - 1 rounds of S/n, an all-reduce twice that: the factors
// (n-1)/n and 2(n-1)/n of bus bandwidth in nccl-tests (NVIDIA/nccl-tests, doc/PERFORMANCE.md).
//
//   t = (n - 1) * (latency + max(S/(n m) / ib, (m - 1) S/(n m) / nvlink))     for several nodes; in one node
//   t = (n - 1) * (latency + S/n / nvlink)
//
// The hierarchical form reduces inside nodes, then across them, then comes back: fewer rounds ((m-1) + (k-1)
// each way for k nodes instead of n - 1), but the two hops take turns. Left out: trees, NVLink SHARP, time of
// the additions, HBM traffic.

#include <cstdint>
#include <vector>

#include "base/communication.hpp"
#include "network/group_shape.hpp"
#include "network/transfer.hpp"

namespace foretrain::network {

// Ranks of one of the m rings in their order, which is closed: the last hands on to the first.
std::vector<std::int64_t> list_ring(const GroupShape& group, std::int64_t ring);

// `buffer` is the whole vector on each rank before a reduce-scatter or after an all-gather.
Rounds list_ring_reduce_scatter(const GroupShape& group, Bytes buffer);
Rounds list_ring_all_gather(const GroupShape& group, Bytes buffer);
Rounds list_ring_all_reduce(const GroupShape& group, Bytes buffer);
Rounds list_hierarchical_all_reduce(const GroupShape& group, Bytes buffer);

// Keys and values of a context-parallel group (for MLA the latent): every rank's `block` reaches every other
// rank. Ring: blocks are handed on around one ring, attention starts on each as it arrives (Liu et al., "Ring
// attention", 2023). All-gather: the collective above, before attention.
Rounds list_context_exchange(const GroupShape& group, Bytes block, ContextExchange how);

// The closed forms of time_of(list); equal to it, and cheap for any group.
Seconds time_of_reduce_scatter(Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds);
Seconds time_of_all_gather(Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds);
Seconds time_of_all_reduce(Bytes buffer, const GroupShape& group,
                           const LinkSpeeds& speeds);  // the faster form
Seconds time_of_ring_all_reduce(Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds);
Seconds time_of_hierarchical_all_reduce(Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds);
Seconds time_of_context_exchange(Bytes block, const GroupShape& group, ContextExchange how,
                                 const LinkSpeeds& speeds);

}  // namespace foretrain::network
