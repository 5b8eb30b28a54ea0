#include "network/patterns.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/check.hpp"
#include "base/random.hpp"
#include "network/collective.hpp"

namespace foretrain::network {
namespace {

std::uint32_t narrow(std::size_t i) {
  return static_cast<std::uint32_t>(i);
}

void check_pattern(std::uint32_t endpoints, Bytes size) {
  check(endpoints >= 2 && size.base() > 0, "a pattern needs two endpoints and something to send");
}

// A binary tree in the order of its ranks: the lowest set bit is the height above the leaves, and a parent
// lies one bit higher; rank 0 is the root above all.
std::uint32_t parent_of(std::uint32_t rank, std::uint32_t ranks) {
  const std::uint32_t bit = rank & (~rank + 1);
  const std::uint32_t parent = (rank ^ bit) | (bit << 1U);
  return parent < ranks ? parent : rank ^ bit;
}

// One tree of the two. Message 2 (v - 1) goes from v to its parent, the next one back.
class Tree {
 public:
  Tree(std::uint32_t ranks, bool second) : ranks_(ranks), second_(second), children_(ranks) {
    for (std::uint32_t v = 1; v < ranks; ++v) children_[parent_of(v, ranks)].push_back(v);
  }

  void list(MessageList& list, Bytes piece) const {
    const std::uint32_t base = narrow(list.listed.size());
    for (std::uint32_t v = 1; v < ranks_; ++v) {
      const std::uint32_t parent = parent_of(v, ranks_), own = base + 2 * (v - 1);
      list.listed.push_back({rank_of(v), rank_of(parent), piece, {}});
      list.waits.push_back({{own, 1, Until::sent}});
      wait_for_children(list, base, v);
      list.listed.push_back({rank_of(parent), rank_of(v), piece, {}});
      list.waits.push_back({{own + 1, 1, Until::sent}});
      if (parent == 0)
        wait_for_children(list, base, 0);
      else
        list.waits.back().push_back({base + 2 * (parent - 1) + 1, 0, Until::arrived});
    }
  }

 private:
  void wait_for_children(MessageList& list, std::uint32_t base, std::uint32_t v) const {
    for (const std::uint32_t child : children_[v])
      list.waits.back().push_back({base + 2 * (child - 1), 0, Until::arrived});
  }

  // The second tree is the first mirrored, or moved on by one where mirroring would leave leaves leaves.
  std::uint32_t rank_of(std::uint32_t v) const {
    if (!second_) return v;
    return ranks_ % 2 == 0 ? ranks_ - 1 - v : (v + 1) % ranks_;
  }

  std::uint32_t ranks_;
  bool second_;
  std::vector<std::vector<std::uint32_t>> children_;
};

}  // namespace

MessageList list_all_to_all(std::uint32_t endpoints, Bytes size) {
  check_pattern(endpoints, size);
  MessageList list;
  list.all_to_all = endpoints;
  list.each = size / endpoints;
  return list;
}

// Sattolo's shuffle (Inf. Process. Lett. 22, 1986): every cycle through all endpoints is equally likely.
MessageList list_permutation(std::uint32_t endpoints, Bytes size, std::uint64_t seed) {
  check_pattern(endpoints, size);
  std::vector<std::uint32_t> to(endpoints);
  std::iota(to.begin(), to.end(), 0U);
  Rng rng(seed, "network/permutation");
  for (std::size_t i = endpoints - 1; i > 0; --i) std::swap(to[i], to[rng.uniform(i)]);
  MessageList list;
  for (std::uint32_t from = 0; from < endpoints; ++from) list.listed.push_back({from, to[from], size, {}});
  return list;
}

MessageList list_incast(std::uint32_t endpoints, Bytes size) {
  check_pattern(endpoints, size);
  MessageList list;
  for (std::uint32_t from = 1; from < endpoints; ++from) list.listed.push_back({from, 0, size, {}});
  return list;
}

MessageList list_ring_messages(const GroupShape& group, Bytes size) {
  check_pattern(narrow(static_cast<std::size_t>(group.size())), size);
  MessageList list;
  list.rounds = narrow(static_cast<std::size_t>(2 * (group.size() - 1)));
  const Bytes piece = size / static_cast<double>(group.size() * group.gpus_per_node);
  for (std::int64_t ring = 0; ring < group.gpus_per_node; ++ring) {
    const std::vector<std::int64_t> order = list_ring(group, ring);
    const std::size_t base = list.listed.size(), n = order.size();
    for (std::size_t i = 0; i < n; ++i) {
      const auto from = static_cast<std::uint32_t>(order[i]),
                 to = static_cast<std::uint32_t>(order[(i + 1) % n]);
      list.listed.push_back({from, to, piece, {}});
      list.waits.push_back(
          {{narrow(base + i), 1, Until::sent}, {narrow(base + (i + n - 1) % n), 1, Until::arrived}});
    }
  }
  return list;
}

std::uint32_t tree_pieces(Bytes size) {
  constexpr double piece = 524288, most = 256;
  return static_cast<std::uint32_t>(std::clamp(std::ceil(size.base() / 2 / piece), 1.0, most));
}

MessageList list_tree_messages(std::uint32_t endpoints, Bytes size, std::uint32_t pieces) {
  check_pattern(endpoints, size);
  check(pieces > 0, "a buffer in no pieces");
  MessageList list;
  list.rounds = pieces;
  for (const bool second : {false, true}) Tree(endpoints, second).list(list, size / (2.0 * pieces));
  return list;
}

MessageList written_out(const MessageList& list) {
  MessageList out;
  const std::size_t n = list.size();
  for (std::uint32_t round = 0; round < list.rounds; ++round)
    for (std::size_t i = 0; i < n; ++i) {
      out.listed.push_back(list.at(i));
      if (list.waits.empty()) continue;
      out.waits.emplace_back();
      for (const Wait& w : list.waits[i])
        if (w.rounds_before <= round)
          out.waits.back().push_back({narrow((round - w.rounds_before) * n + w.message), 0, w.until});
    }
  return out;
}

}  // namespace foretrain::network
