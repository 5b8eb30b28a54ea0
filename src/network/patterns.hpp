#pragma once
// Traffic patterns as lists of messages between endpoints 0 .. n-1, and the least time that any network needs
// for them when every endpoint sends and receives at `rate`:
//
//   all-to-all      each sends size / n to every other one           (n-1)/n size / rate
//   permutation     each sends size to one other, along one cycle    size / rate
//   incast          all others send size to endpoint 0               (n-1) size / rate
//   ring            all-reduce of size: 2 (n-1) rounds of size / n   2 (n-1)/n size / rate
//   tree            all-reduce of size over two binary trees         2 (n-1)/n size / rate
//
// The last is the least of any all-reduce (Patarasuk and Yuan, J. Parallel Distrib. Comput. 69, 2009).
// A ring hands a piece on when it has come and the one before has left; latencies add up along the way, no
// rank waits for all others.
// In the trees (Sanders, Speck and Traff, "Two-tree algorithms for full bandwidth broadcast, reduction and
// scan", Parallel Computing 35, 2009) who is inside one is a leaf of the other, and each carries half the
// buffer, up and then down, in pieces that follow one another; left out: the additions.

#include <cstdint>

#include "base/units.hpp"
#include "network/group_shape.hpp"
#include "network/message_list.hpp"

namespace foretrain::network {

// Preconditions: at least two endpoints, a size above 0.
MessageList list_all_to_all(std::uint32_t endpoints, Bytes size);
MessageList list_permutation(std::uint32_t endpoints, Bytes size, std::uint64_t seed);
MessageList list_incast(std::uint32_t endpoints, Bytes size);

// gpus_per_node rings at once, each with its part of the buffer (list_ring); one for endpoints on their own.
MessageList list_ring_messages(const GroupShape& group, Bytes size);

// In how many pieces NCCL's simple protocol would cut half of the buffer: 512 KiB, an eighth of the 4 MiB of
// NCCL_BUFFSIZE (NVIDIA/nccl, src/include/device.h, NCCL_STEPS), but at most 256.
std::uint32_t tree_pieces(Bytes size);
MessageList list_tree_messages(std::uint32_t endpoints, Bytes size, std::uint32_t pieces);

// The same messages written out one by one: all-to-alls and rounds, for comparisons on small cases.
MessageList written_out(const MessageList& list);

}  // namespace foretrain::network
