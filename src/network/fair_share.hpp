#pragma once
// Max-min fair rates of flows over channels of limited capacity: pure maths, no clock.
//
// Progressive filling (Bertsekas and Gallager, "Data Networks", section 6.5.2): raise all rates together;
// when a channel fills, freeze the flows on it; go on with the rest. The result is unique, and its
// certificate is that every flow crosses a bottleneck: a full channel on which no other flow is faster. Left
// out: round-trip bias, windows, priorities.
//
// The next channel to fill comes from a heap. A channel's level, what is left by the flows still open, only
// rises while others are frozen at lower levels, so a key in the heap is never above it and is put right when
// it comes up. Channels within rounding of one level fill together and what they freeze is taken off in one
// product, so that a flow of count n does to the last bit what n flows do.
//
// Cost: O(crossings + channels log channels) and, in each round, what stale keys it meets; memory 25 bytes a
// channel and one a flow, kept between calls.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "network/flows.hpp"

namespace foretrain::network {

// Any set of flows with: double capacity(channel); a range of Crossing crossings(flow); a range of numbers of
// flows on(channel), which may hold others than those asked about.
class FairShare {
 public:
  // Sets rates[f] for each f of `flows`, which must be all the flows of `channels` that matter, and these all
  // the channels that those cross. Every flow crosses at least one.
  template <class Graph>
  void share(const Graph& graph, std::span<const std::uint32_t> flows,
             std::span<const std::uint32_t> channels, std::vector<double>& rates);

 private:
  struct Channel {
    double left = 0;                    // capacity not yet given out
    std::uint64_t open = 0, taken = 0;  // weight of flows not yet frozen, and of those frozen in this round
  };
  using Key = std::pair<double, std::uint32_t>;  // a level not above the channel's own, and the channel

  static constexpr double rounding = 1e-12;  // equal shares differ by less, unequal ones by more

  double level(std::uint32_t c) const { return std::max(all_[c].left, 0.0) / double(all_[c].open); }
  template <class Graph>
  void count(const Graph& graph, std::span<const std::uint32_t> flows,
             std::span<const std::uint32_t> channels);
  double take_full();  // fills full_ with the channels of the lowest level, and returns it
  template <class Graph>
  std::size_t freeze(const Graph& graph, double level, std::vector<double>& rates);

  std::vector<Channel> all_;
  std::vector<char> open_;  // by flow
  std::vector<Key> heap_;
  std::vector<std::uint32_t> full_, touched_;
};

template <class Graph>
void FairShare::count(const Graph& graph, std::span<const std::uint32_t> flows,
                      std::span<const std::uint32_t> channels) {
  for (const std::uint32_t c : channels) {
    if (c >= all_.size()) all_.resize(c + std::size_t{1});
    all_[c] = {graph.capacity(c), 0, 0};
  }
  for (const std::uint32_t f : flows) {
    if (f >= open_.size()) open_.resize(f + std::size_t{1}, 0);
    open_[f] = 1;
    for (const Crossing& x : graph.crossings(f)) all_[x.channel].open += x.weight;
  }
  heap_.clear();
  for (const std::uint32_t c : channels)
    if (all_[c].open > 0) heap_.emplace_back(level(c), c);
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>{});
}

inline double FairShare::take_full() {
  full_.clear();
  double lowest = 0;
  const std::greater<> later;
  while (!heap_.empty() && (full_.empty() || heap_.front().first <= lowest * (1 + rounding))) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const std::uint32_t c = heap_.back().second;
    heap_.pop_back();
    if (all_[c].open == 0) continue;
    const double own = level(c);
    if (full_.empty() && (heap_.empty() || own <= heap_.front().first))
      lowest = own;
    else if (full_.empty() || own > lowest * (1 + rounding)) {
      heap_.emplace_back(own, c);
      std::push_heap(heap_.begin(), heap_.end(), later);
      continue;
    }
    full_.push_back(c);
  }
  return lowest;
}

template <class Graph>
std::size_t FairShare::freeze(const Graph& graph, double level, std::vector<double>& rates) {
  std::size_t frozen = 0;
  touched_.clear();
  for (const std::uint32_t c : full_)
    for (const std::uint32_t f : graph.on(c)) {
      if (f >= open_.size() || open_[f] == 0) continue;
      open_[f] = 0;
      rates[f] = level;
      ++frozen;
      for (const Crossing& x : graph.crossings(f)) {
        if (all_[x.channel].taken == 0) touched_.push_back(x.channel);
        all_[x.channel].taken += x.weight;
      }
    }
  for (const std::uint32_t c : touched_) {
    Channel& channel = all_[c];
    channel.left -= level * double(channel.taken);
    channel.open -= channel.taken;
    channel.taken = 0;
  }
  return frozen;
}

template <class Graph>
void FairShare::share(const Graph& graph, std::span<const std::uint32_t> flows,
                      std::span<const std::uint32_t> channels, std::vector<double>& rates) {
  count(graph, flows, channels);
  for (std::size_t open = flows.size(); open > 0;) {
    const double level = take_full();
    const std::size_t frozen = freeze(graph, level, rates);
    check(frozen > 0, "a flow that crosses no channel");
    open -= frozen;
  }
}

// All flows of a set at once, as if all were active.
std::vector<double> max_min_rates(const Flows& flows);

}  // namespace foretrain::network
