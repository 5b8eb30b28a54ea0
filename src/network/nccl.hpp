#pragma once
// Collectives as NCCL runs them: every algorithm and protocol that could, with its time, so that a reader can
// take the fastest and `explain` can show why. n ranks, m of them in each of N NVLink-joined nodes.
//
// Ring, protocol p, k = n - 1 steps (all-reduce 2 (n - 1)), of which i cross nodes (N - 1, or 2 N):
//   latency = base_p + (k - i) step_p + i net_p,
//   data = the longer of S (k + own) / (n rate_p) and, across nodes, S k / (n m rails)
// where LL has 1/4 of the rails, LL128 0.92 of them or, with one GPU a node, 0.7.
// The simple protocol in a node overlaps latency and data (CollectiveRates::simple_sharpness); LL and LL128
// are used in a node below a buffer per rank, across nodes wherever they are faster.
// Tree (all-reduce across nodes): base + 2 ((m - 1) hop + log2(N) net); a GPU's rail carries the buffer's
// m-th part once for N = 2, twice for more, at the ring's protocol factors and with NCCL's correction by
// size. NVLS (all-reduce): m step + S / rate; with a second node two messages more. From three nodes on
// NCCL's users saw no gain over rings (NVIDIA/nccl issue 1221), so it is not offered there.
//
// The form, net_p, hop, the factors and the corrections are those of NCCL's own tuner (NVIDIA/nccl,
// src/graph/tuning.cc at b6475625, with latencies of Tree/Simple as of 2.27); base, step and rates come from
// measured collectives in a node (CollectiveRates). Left out: SHARP in InfiniBand switches, PAT, PCIe-joined
// GPUs, the time a host needs to post, channels shared with other work, congestion.

#include <string_view>
#include <vector>

#include "base/communication.hpp"
#include "network/group_shape.hpp"
#include "network/transfer.hpp"

namespace foretrain::network {

enum class Algorithm : std::uint8_t { ring, tree, nvls };
enum class Protocol : std::uint8_t { ll, ll128, simple };
constexpr std::string_view name_of(Algorithm a) {
  return a == Algorithm::ring ? "ring" : a == Algorithm::tree ? "tree" : "NVLS";
}
constexpr std::string_view name_of(Protocol p) {
  return p == Protocol::ll ? "LL" : p == Protocol::ll128 ? "LL128" : "simple";
}

struct Candidate {
  Algorithm algorithm{};
  Protocol protocol{};
  Seconds time{};
};

// What NCCL may choose from, in no order of merit; never empty. Preconditions: speeds.nccl is known and the
// group has at least two ranks.
std::vector<Candidate> list_candidates(Pattern pattern, Bytes buffer, const GroupShape& group,
                                       const LinkSpeeds& speeds);
Candidate fastest(const std::vector<Candidate>& candidates);

// All-to-all as n - 1 sends and receives in one group call: every rank's `buffer` holds an equal piece for
// each rank. Across nodes the rails carry what leaves the node while NVLink carries the rest.
Seconds time_of_nccl_all_to_all(Bytes buffer, const GroupShape& group, const LinkSpeeds& speeds);

}  // namespace foretrain::network
