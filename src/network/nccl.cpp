#include "network/nccl.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace foretrain::network {
namespace {

using namespace literals;

// NVIDIA/nccl, src/graph/tuning.cc: baseLat and hwLat, in the order LL, LL128, simple.
constexpr std::array ring_net{2.7_us, 4.0_us, 14.0_us};
constexpr std::array tree_base{6.8_us, 14.0_us, 8.4_us};
constexpr std::array tree_hop{0.6_us, 1.25_us, 4.0_us};
constexpr std::array tree_net{5.0_us, 8.5_us, 14.0_us};
constexpr Seconds nvls_net = 20.9_us;
// Likewise: share of the simple protocol's bandwidth that LL and LL128 leave for data across nodes.
constexpr std::array rail_share{0.25, 0.92, 1.0};
constexpr double ll128_alone = 0.7;  // with one GPU a node
constexpr double tree_rate = 0.92;
// Likewise, treeCorrectionFactor: by powers of two of the buffer from 64 B on.
constexpr std::size_t tree_sizes = 23;
using Corrections = std::array<double, tree_sizes>;
constexpr std::array<Corrections, 3> tree_correction{
    Corrections{1, 1, 1, 1, .9, .8, .7, .7, .7, .7, .6, .5, .4, .4, .5, .6, .7, .8, .9, 1, 1, 1, 1},
    Corrections{1, 1, 1, 1, 1, .9, .8, .8, .8, .7, .6, .6, .6, .6, .6, .6, .8, .9, .9, .9, .9, 1, 1},
    Corrections{.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5, .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9}};

double real(std::int64_t n) {
  return static_cast<double>(n);
}

Bandwidth rails(const GroupShape& g, const LinkSpeeds& speeds) {
  return real(g.gpus_per_node) * (speeds.ring_ib > Bandwidth{} ? speeds.ring_ib : speeds.ib);
}

// What latency does not hide: 1 adds both, infinity takes the longer.
Seconds join(Seconds latency, Seconds data, double sharpness) {
  if (sharpness == 1) return latency + data;
  return seconds(
      std::pow(std::pow(latency.base(), sharpness) + std::pow(data.base(), sharpness), 1 / sharpness));
}

const ProtocolRate& rate_of(const CollectiveRates& rates, Protocol p) {
  return p == Protocol::ll ? rates.ll : p == Protocol::ll128 ? rates.ll128 : rates.simple;
}

Seconds ring(Pattern pattern, Protocol p, Bytes buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  const auto i = static_cast<std::size_t>(p);
  const CollectiveRates& nccl = speeds.nccl;
  const ProtocolRate& protocol = rate_of(nccl, p);
  const bool twice = pattern == Pattern::all_reduce;
  const double n = real(g.size()), steps = (twice ? 2 : 1) * (n - 1);
  const double crossing = g.nodes < 2 ? 0 : std::min(steps, twice ? 2 * real(g.nodes) : real(g.nodes) - 1);
  const Seconds latency = protocol.base + (steps - crossing) * protocol.step + crossing * ring_net[i];
  Seconds data = buffer * ((steps + nccl.own_share) / n) / protocol.rate;
  if (g.nodes > 1) {
    const bool alone = p == Protocol::ll128 && g.gpus_per_node < 2;
    const Bandwidth rate = (alone ? ll128_alone : rail_share[i]) * rails(g, speeds);
    data = std::max(data, buffer * (steps / n) / rate);
  }
  return join(latency, data, p == Protocol::simple ? nccl.simple_sharpness : 1);
}

Seconds tree(Protocol p, Bytes buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  const auto i = static_cast<std::size_t>(p);
  const double levels = std::floor(std::log2(real(g.nodes)));
  const Seconds latency =
      tree_base[i] + 2 * ((real(g.gpus_per_node) - 1) * tree_hop[i] + levels * tree_net[i]);
  const double crossings = g.nodes > 2 ? 2 : 1;  // of the buffer over the rails; up and down share a rail
  const Bandwidth nvlink = (g.nodes > 2 ? speeds.nccl.tree_share : 1) * 0.5 * rate_of(speeds.nccl, p).rate;
  const double power = std::max(0.0, std::floor(std::log2(buffer / 64_B)));
  const double correction =
      power < real(tree_sizes) ? tree_correction[i][static_cast<std::size_t>(power)] : 1.0;
  const Bandwidth rate =
      tree_rate * correction * std::min(nvlink, rail_share[i] / crossings * rails(g, speeds));
  return latency + buffer / rate;
}

Seconds nvls(Bytes buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  const CollectiveRates& nccl = speeds.nccl;
  const Seconds inside = real(g.gpus_per_node) * nccl.nvls_step;
  if (g.nodes == 1) return inside + buffer / nccl.nvls_rate;
  return inside + 2 * nvls_net + buffer / std::min(nccl.nvls_rate, rails(g, speeds));
}

}  // namespace

std::vector<Candidate> list_candidates(Pattern pattern, Bytes buffer, const GroupShape& g,
                                       const LinkSpeeds& speeds) {
  constexpr std::array protocols{Protocol::ll, Protocol::ll128, Protocol::simple};
  const CollectiveRates& nccl = speeds.nccl;
  const bool one_node = g.nodes == 1;
  const bool small = buffer / real(g.size()) < nccl.ll_up_to;
  std::vector<Candidate> all;
  for (const Protocol p : protocols) {
    if (one_node && small == (p == Protocol::simple)) continue;
    all.push_back({Algorithm::ring, p, ring(pattern, p, buffer, g, speeds)});
  }
  if (pattern != Pattern::all_reduce) return all;
  if (!one_node)
    for (const Protocol p : protocols) all.push_back({Algorithm::tree, p, tree(p, buffer, g, speeds)});
  const bool switched = nccl.nvls_rate > Bandwidth{} && g.gpus_per_node >= nccl.nvls_from && g.nodes <= 2;
  if (switched) all.push_back({Algorithm::nvls, Protocol::simple, nvls(buffer, g, speeds)});
  return all;
}

Candidate fastest(const std::vector<Candidate>& candidates) {
  return *std::min_element(candidates.begin(), candidates.end(),
                           [](const Candidate& a, const Candidate& b) { return a.time < b.time; });
}

Seconds time_of_nccl_all_to_all(Bytes buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  const CollectiveRates& nccl = speeds.nccl;
  const double n = real(g.size()), m = real(g.gpus_per_node);
  const Bytes inside = buffer * ((m - 1 + nccl.exchange_own_share) / n), outside = buffer * ((n - m) / n);
  const auto with = [&](const ProtocolRate& p, Protocol net) {
    const Seconds latency = p.base + (n - 1) * p.step;
    if (g.nodes == 1) return latency + inside / p.rate;
    return latency + ring_net[static_cast<std::size_t>(net)] +
           std::max(inside / p.rate, outside / std::min(p.rate, rails({1, 1}, speeds)));
  };
  return std::min(with(nccl.exchange_small, Protocol::ll), with(nccl.exchange, Protocol::simple));
}

}  // namespace foretrain::network
