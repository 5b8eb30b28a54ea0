#include "network/dispatch.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace foretrain::network {
namespace {

// Walks the ways of all pieces: source (a, i) to node b over the rails, then from (b, i) to each other GPU of
// node b. Ways without bytes are left out.
struct Ways {
  explicit Ways(const ExpertExchange& x) : m(x.gpus_per_node), nodes(x.gpus / x.gpus_per_node) {
    check(m > 0 && x.gpus % m == 0 && x.pieces > 0, "an expert group that does not fill its nodes");
    const Bytes piece = x.tokens / static_cast<double>(x.pieces);
    if (nodes > 1) rail = piece * x.spread.remote_nodes / static_cast<double>(nodes - 1);
    if (m > 1) nvlink = piece * x.spread.nvlink_copies / (static_cast<double>(nodes) * (m - 1));
  }
  std::uint32_t gpu(std::uint32_t node, std::uint32_t i) const { return node * m + i; }

  std::uint32_t m, nodes;
  Bytes rail{}, nvlink{};  // of one message of a piece
};

std::uint32_t add(MessageList& list, std::uint32_t from, std::uint32_t to, Bytes size) {
  const auto number = static_cast<std::uint32_t>(list.listed.size());
  list.listed.push_back({from, to, size, {}});
  list.waits.push_back({{number, 1, Until::sent}});  // pieces of one way follow one another
  return number;
}

}  // namespace

MessageList list_dispatch_messages(const ExpertExchange& x) {
  const Ways ways(x);
  MessageList list;
  list.rounds = x.pieces;
  for (std::uint32_t a = 0; a < ways.nodes; ++a)
    for (std::uint32_t i = 0; i < ways.m; ++i)
      for (std::uint32_t b = 0; b < ways.nodes; ++b) {
        std::uint32_t rail = 0;
        if (a != b) rail = add(list, ways.gpu(a, i), ways.gpu(b, i), ways.rail);
        for (std::uint32_t j = 0; j < ways.m; ++j) {
          if (j == i || ways.nvlink.base() <= 0) continue;
          const std::uint32_t own = add(list, ways.gpu(b, i), ways.gpu(b, j), ways.nvlink);
          if (a != b) list.waits[own].push_back({rail, 0, Until::arrived});
        }
      }
  return list;
}

MessageList list_combine_messages(const ExpertExchange& x) {
  const Ways ways(x);
  MessageList list;
  list.rounds = x.pieces;
  for (std::uint32_t a = 0; a < ways.nodes; ++a)
    for (std::uint32_t i = 0; i < ways.m; ++i)
      for (std::uint32_t b = 0; b < ways.nodes; ++b) {
        std::vector<Wait> sums;
        for (std::uint32_t j = 0; j < ways.m; ++j)
          if (j != i && ways.nvlink.base() > 0)
            sums.push_back({add(list, ways.gpu(b, j), ways.gpu(b, i), ways.nvlink), 0, Until::arrived});
        if (a == b) continue;
        const std::uint32_t rail = add(list, ways.gpu(b, i), ways.gpu(a, i), ways.rail);
        list.waits[rail].insert(list.waits[rail].end(), sums.begin(), sums.end());
      }
  return list;
}

std::uint32_t pieces_of(double tokens) {
  constexpr double rows = 32, most = 128;
  return static_cast<std::uint32_t>(std::clamp(std::ceil(tokens / rows), 1.0, most));
}

}  // namespace foretrain::network
