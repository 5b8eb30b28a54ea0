#include "network/collective.hpp"

#include <algorithm>

namespace foretrain::network {
namespace {

Rank rank_at(std::int64_t i) {
  return id_of<Rank>(static_cast<std::size_t>(i));
}
Hop hop_between(const GroupShape& g, std::int64_t a, std::int64_t b) {
  return a / g.gpus_per_node == b / g.gpus_per_node ? Hop::nvlink : Hop::ib;
}

// One round: on each of `rings` rings every rank hands `piece` to the next.
Round list_ring_round(const GroupShape& g, std::int64_t rings, Bytes piece) {
  Round round;
  if (g.size() < 2) return round;
  for (std::int64_t ring = 0; ring < rings; ++ring) {
    const std::vector<std::int64_t> order = list_ring(g, ring);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::int64_t from = order[i], to = order[(i + 1) % order.size()];
      round.push_back({rank_at(from), rank_at(to), piece, hop_between(g, from, to)});
    }
  }
  return round;
}

void repeat(Rounds& rounds, std::int64_t times, const Round& round) {
  rounds.insert(rounds.end(), static_cast<std::size_t>(times), round);
}

// Every GPU to the next one of its node, or (across) to the same GPU of the next node.
Round list_level_round(const GroupShape& g, bool across, Bytes piece) {
  Round round;
  const std::int64_t m = g.gpus_per_node, k = g.nodes;
  for (std::int64_t node = 0; node < k; ++node)
    for (std::int64_t i = 0; i < m; ++i) {
      const std::int64_t to = across ? (node + 1) % k * m + i : node * m + (i + 1) % m;
      round.push_back({rank_at(node * m + i), rank_at(to), piece, across ? Hop::ib : Hop::nvlink});
    }
  return round;
}

double count(std::int64_t n) {
  return static_cast<double>(n);
}

}  // namespace

// A node is entered by the rail on which the node before was left, so the entry moves by one GPU a node and
// no ring changes rail (but at its end, where m does not divide the nodes); in every node the m rings leave
// by m different GPUs.
std::vector<std::int64_t> list_ring(const GroupShape& g, std::int64_t ring) {
  const std::int64_t m = g.gpus_per_node;
  std::vector<std::int64_t> ranks;
  for (std::int64_t node = 0; node < g.nodes; ++node) {
    const std::int64_t entry = ((ring - node) % m + m) % m;
    for (std::int64_t i = 0; i < m; ++i) ranks.push_back(node * m + (entry + i) % m);
  }
  return ranks;
}

Rounds list_ring_reduce_scatter(const GroupShape& g, Bytes buffer) {
  Rounds rounds;
  repeat(rounds, g.size() - 1,
         list_ring_round(g, g.gpus_per_node, buffer / count(g.size() * g.gpus_per_node)));
  return rounds;
}

Rounds list_ring_all_gather(const GroupShape& g, Bytes buffer) {
  return list_ring_reduce_scatter(g, buffer);
}

Rounds list_ring_all_reduce(const GroupShape& g, Bytes buffer) {
  Rounds rounds = list_ring_reduce_scatter(g, buffer);
  const Rounds gather = list_ring_all_gather(g, buffer);
  rounds.insert(rounds.end(), gather.begin(), gather.end());
  return rounds;
}

Rounds list_hierarchical_all_reduce(const GroupShape& g, Bytes buffer) {
  const Round inside = list_level_round(g, false, buffer / count(g.gpus_per_node));
  const Round across = list_level_round(g, true, buffer / count(g.size()));
  Rounds rounds;
  repeat(rounds, g.gpus_per_node - 1, inside);
  repeat(rounds, 2 * (g.nodes - 1), across);
  repeat(rounds, g.gpus_per_node - 1, inside);
  return rounds;
}

Rounds list_context_exchange(const GroupShape& g, Bytes block, ContextExchange how) {
  if (how == ContextExchange::all_gather) return list_ring_all_gather(g, block * count(g.size()));
  Rounds rounds;
  repeat(rounds, g.size() - 1, list_ring_round(g, 1, block));
  return rounds;
}

Seconds time_of_reduce_scatter(Bytes buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  const double n = count(g.size()), m = count(g.gpus_per_node);
  const Bytes piece = buffer / (n * m);
  Traffic t;  // of any rank in any round
  t.nvlink_out = t.nvlink_in = piece * (g.nodes > 1 ? m - 1 : m);
  if (g.nodes > 1) t.ib_out = t.ib_in = piece;
  return (n - 1) * time_of(t, speeds);
}

Seconds time_of_all_gather(Bytes buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  return time_of_reduce_scatter(buffer, g, speeds);
}

Seconds time_of_ring_all_reduce(Bytes buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  return 2.0 * time_of_reduce_scatter(buffer, g, speeds);
}

Seconds time_of_hierarchical_all_reduce(Bytes buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  const double m = count(g.gpus_per_node), k = count(g.nodes);
  Traffic inside, across;  // of any rank in a round of each kind
  if (m > 1) inside.nvlink_out = buffer / m;
  if (k > 1) across.ib_out = buffer / (m * k);
  return 2 * (m - 1) * time_of(inside, speeds) + 2 * (k - 1) * time_of(across, speeds);
}

Seconds time_of_all_reduce(Bytes buffer, const GroupShape& g, const LinkSpeeds& speeds) {
  const Seconds ring = time_of_ring_all_reduce(buffer, g, speeds);
  return std::min(ring, time_of_hierarchical_all_reduce(buffer, g, speeds));
}

Seconds time_of_context_exchange(Bytes block, const GroupShape& g, ContextExchange how,
                                 const LinkSpeeds& speeds) {
  const double n = count(g.size());
  if (how == ContextExchange::all_gather) return time_of_all_gather(n * block, g, speeds);
  Traffic t;
  if (g.nodes > 1) t.ib_out = t.ib_in = block;
  if (g.gpus_per_node > 1) t.nvlink_out = t.nvlink_in = block;
  return (n - 1) * time_of(t, speeds);
}

}  // namespace foretrain::network
