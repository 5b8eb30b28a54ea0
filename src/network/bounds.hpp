#pragma once
// How long a pattern takes at least, and how long without simulating it: closed forms of host links, loads of
// channels, rings and exchanges. Of trees: tree_time.hpp.
//
// n endpoints, of which m share an NVLink domain (m = 1 without NVLink); an endpoint sends and receives at
// `nic` outside and at `nvlink` inside its domain. A domain has as much of the NICs as its endpoints.
//
//   all-to-all   (n-m)/n size / nic                      or, if longer,  (m-1)/n size / nvlink
//   permutation  size / nic, size / nvlink where all stay inside
//   incast       (n-m) size / nic and (m-1) size / nvlink, the longer
//   all-reduce   of k = n/m domains: 2 (k-1)/k size / (m nic), or 2 (n-1)/n size / (nvlink + nic)
//   ring         that, or 2 (n-1) rounds that each take a piece's way at the rate of the faster link
//   dispatch     bytes_of() of exchange.hpp over both hops, the longer, there and back
//   all-to-all over all endpoints of a fabric whose bisection b is known: size n / 4 / b
//   all-to-all over all nodes of a torus: size floor(k^2 / 4) / 2k over a link of its longest dimension k, or
//                size / 2 for k = 2: through the cut across it, into halves or as near as can be (Dally and
//                Towles 2004, 5.2.1). Where k is even that is the bisection.
//
// Channels: where messages are equally long and start together, the time is exactly that of the channel with
// the most bytes for its capacity. Its flows get the lowest share, which never sinks while others end; so
// they run at that share until they end together, and none is slower. Latency comes on top.
//
// A ring of 2 (n-1) rounds: t of each hop is its piece over its share of the fullest channel, a the same with
// the channels for itself, l its latency; a round takes as long as the busiest hop or as a piece's mean way,
// whichever is longer: 2 (n-1) max(max t, mean(a + l)). Left out: the way in, of less than one turn, and hops
// that meet now and then on channels that are not full.
//
// An exchange in K pieces takes its longer hop and, for the first piece, the other one:
// max(r, v) + min(r, v) / K + l.

#include <cstdint>
#include <string>
#include <vector>

#include "network/channels.hpp"
#include "network/dispatch.hpp"
#include "network/route_messages.hpp"

namespace foretrain::network {

struct HostLinks {
  Bandwidth nic{}, nvlink{};  // of one endpoint, the slowest of all; nvlink 0: none
  std::uint32_t per_domain = 1;
};
HostLinks host_links_of(const topology::Fabric& fabric, const Channels& channels);

struct Bound {
  Seconds time{};
  std::string term;  // what sets it, in words
};

Bound bound_of_all_to_all(std::uint32_t endpoints, Bytes size, const HostLinks& host);
Bound bound_of_bisection(std::uint32_t endpoints, Bytes size, Bandwidth one_way);
Bound bound_of_torus(const topology::TorusSize& nodes, Bytes size, Bandwidth link);
Bound bound_of_permutation(const MessageList& list, const HostLinks& host);
Bound bound_of_incast(std::uint32_t endpoints, Bytes size, const HostLinks& host);
Bound bound_of_all_reduce(std::uint32_t endpoints, Bytes size, const HostLinks& host);
Bound bound_of_ring(const MessageList& ring, Bytes size, const HostLinks& host, Seconds shortest_way);
Bound bound_of_exchange(const ExpertExchange& exchange, const HostLinks& host);
Bound longer(const Bound& a, const Bound& b);

// Bytes of each channel, one walk over all paths, and the channel that needs the longest for them.
struct Loads {
  std::vector<double> bytes;
  std::uint32_t busiest = 0;
  Seconds busiest_time{};
  std::int64_t longest_latency = 0, shortest_latency = 0;  // ticks, of a path
};
Loads loads_of(const MessageList& list, const Channels& channels, const PathOf& path_of);

Seconds time_of_ring(const MessageList& ring, const Channels& channels, const PathOf& path_of);
Seconds time_of_exchange(const ExpertExchange& exchange, const HostLinks& host, Seconds latency);

}  // namespace foretrain::network
