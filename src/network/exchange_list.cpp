#include "network/exchange_list.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace foretrain::network {
namespace {

using Copies = std::map<std::pair<Rank, Rank>, std::int64_t>;

Round to_round(const Copies& copies, Hop hop, Bytes row) {
  Round round;
  for (const auto& [ends, count] : copies)
    round.push_back({ends.first, ends.second, static_cast<double>(count) * row, hop});
  return round;
}

}  // namespace

Rounds list_dispatch(const std::vector<RoutedToken>& tokens, std::int64_t gpus_per_node, Bytes row) {
  const std::size_t per_node = static_cast<std::size_t>(gpus_per_node);
  Copies rails, nvlink;
  for (const RoutedToken& token : tokens) {
    const std::size_t own = index_of(token.from) / per_node, local = index_of(token.from) % per_node;
    std::set<std::size_t> nodes;
    for (const Rank to : std::set<Rank>(token.to.begin(), token.to.end())) {
      const std::size_t node = index_of(to) / per_node;
      nodes.insert(node);
      const Rank forwarder = id_of<Rank>(node * per_node + local);
      if (forwarder != to) ++nvlink[{forwarder, to}];
    }
    for (const std::size_t node : nodes)
      if (node != own) ++rails[{token.from, id_of<Rank>(node * per_node + local)}];
  }
  return {to_round(rails, Hop::ib, row), to_round(nvlink, Hop::nvlink, row)};
}

Rounds list_combine(const std::vector<RoutedToken>& tokens, std::int64_t gpus_per_node, Bytes row) {
  Rounds rounds = list_dispatch(tokens, gpus_per_node, row);
  for (Round& round : rounds) {
    for (Transfer& t : round) std::swap(t.from, t.to);
    std::sort(round.begin(), round.end(), [](const Transfer& a, const Transfer& b) {
      return std::pair(a.from, a.to) < std::pair(b.from, b.to);
    });
  }
  std::reverse(rounds.begin(), rounds.end());
  return rounds;
}

}  // namespace foretrain::network
