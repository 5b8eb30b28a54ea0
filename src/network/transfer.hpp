#pragma once
// What communication is made of: transfers between ranks of a group, in rounds, over one of two kinds of
// hops; and how long rounds take. Makers of such lists are collective.hpp and exchange_list.hpp.
//
//   time of a round = latency of its slowest hop + max over ranks and hops of bytes / rate
//
// (Hockney's alpha + n * beta, Parallel Computing 20, 1994, with both directions of a link apart.) Rounds
// follow one another. Left out: rounds that overtake one another, and congestion inside the fabric (see
// carry.hpp).

#include <cstdint>
#include <vector>

#include "base/collective_rates.hpp"
#include "base/ids.hpp"
#include "base/units.hpp"

namespace foretrain::network {

enum class Rank : std::uint32_t {};  // within a group; ranks of one node are neighbours
enum class Hop : std::uint8_t { nvlink, ib };

struct Transfer {
  Rank from{}, to{};
  Bytes size{};
  Hop hop = Hop::nvlink;
};
using Round = std::vector<Transfer>;
using Rounds = std::vector<Round>;

// Achieved rates of one GPU, one direction, and end-to-end latencies. `ib` stands for the GPU's own rail,
// whatever its make.
struct LinkSpeeds {
  Bandwidth ib{}, nvlink{};
  Seconds ib_latency{}, nvlink_latency{};
  Bandwidth ring_ib{};     // of a rail in NCCL's rings; 0: as `ib`
  CollectiveRates nccl{};  // of the GPU's part; unknown: collectives take the closed forms
};

struct Traffic {  // of one rank
  Bytes ib_out{}, ib_in{}, nvlink_out{}, nvlink_in{};
};

std::vector<Traffic> sum_by_rank(const Round& round, std::int64_t ranks);
Traffic sum(const Round& round);  // of all ranks; what goes out on a hop comes in
Seconds time_of(const Traffic& traffic, const LinkSpeeds& speeds);  // hops overlap; 0 when nothing moves
Seconds time_of(const Rounds& rounds, std::int64_t ranks, const LinkSpeeds& speeds);

// One message: within a node over NVLink, else over the sender's rail. A message that changes rail pays the
// NVLink latency too (`forwarded`), and its time is still the slower hop's.
Seconds time_of_message(Bytes size, Hop hop, const LinkSpeeds& speeds, bool forwarded = false);

}  // namespace foretrain::network
