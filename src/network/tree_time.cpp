#include "network/tree_time.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "network/bounds.hpp"

namespace foretrain::network {
namespace {

// Sums for one parent and results from one parent go together: a number for both. Up and down alternate.
std::size_t family_of(const MessageList& trees, std::size_t i) {
  const Message m = trees.at(i);
  return 2 * std::size_t{i % 2 == 0 ? m.to : m.from} + i % 2;
}

// Seconds that each message takes beside its family.
std::vector<double> list_hops(const MessageList& trees, const Channels& channels, const PathOf& path_of) {
  std::map<std::pair<std::uint32_t, std::size_t>, double> bytes;  // by channel and family
  std::vector<std::vector<std::uint32_t>> paths(trees.size());
  for (std::size_t i = 0; i < trees.size(); ++i) {
    path_of(i, paths[i]);
    for (const std::uint32_t c : paths[i]) bytes[{c, family_of(trees, i)}] += trees.at(i).size.base();
  }
  std::vector<double> hops;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    double longest = 0;
    std::int64_t latency = 0;
    for (const std::uint32_t c : paths[i]) {
      longest = std::max(longest, bytes[{c, family_of(trees, i)}] / channels.capacities[c]);
      latency += channels.latencies[c];
    }
    hops.push_back(longest + static_cast<double>(latency) * 1e-9);
  }
  return hops;
}

// When the last message of the first round is there. Messages wait for others before and after them in the
// list, so ends are found again until none moves.
double time_of_first(const MessageList& trees, const std::vector<double>& hops) {
  std::vector<double> ends(trees.size(), 0);
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t i = 0; i < trees.size(); ++i) {
      double end = hops[i];
      for (const Wait& w : trees.waits[i])
        if (w.rounds_before == 0) end = std::max(end, ends[w.message] + hops[i]);
      moved = moved || end > ends[i];
      ends[i] = end;
    }
  }
  return *std::max_element(ends.begin(), ends.end());
}

}  // namespace

Seconds time_of_trees(const MessageList& trees, const Channels& channels, const PathOf& path_of) {
  const double first = time_of_first(trees, list_hops(trees, channels, path_of));
  const Seconds all_rounds = loads_of(trees, channels, path_of).busiest_time;
  return seconds(first) + (trees.rounds - 1.0) / trees.rounds * all_rounds;
}

}  // namespace foretrain::network
