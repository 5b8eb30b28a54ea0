#pragma once
// Flows in time the plain way, as the judge of network/carry.hpp: no engine, no components, no epochs. At
// every moment when anything starts, ends or arrives all rates are found from scratch (plain_fair_share.hpp).
// Real time in nanoseconds; a flow is over when half a nanosecond's bytes are left.

#include <algorithm>
#include <limits>
#include <vector>

#include "network/flows.hpp"
#include "network/plain_fair_share.hpp"

namespace judge {

struct State {
  double remaining = 0, rate = 0, sent = -1, arrived = -1;
  bool started = false;
};

inline bool may_start(const foretrain::network::Flows& all, const std::vector<State>& states, std::size_t i,
                      double now) {
  const std::size_t n = all.flows.size(), flow = i % n, round = i / n;
  if (states[i].started || static_cast<double>(all.flows[flow].start) > now) return false;
  if (all.waits.empty()) return true;
  return std::all_of(all.waits[flow].begin(), all.waits[flow].end(), [&](const auto& wait) {
    if (wait.rounds_before > round) return true;
    const State& other = states[(round - wait.rounds_before) * n + wait.message];
    const double done = wait.until == foretrain::network::Until::sent ? other.sent : other.arrived;
    return other.sent >= 0 && done <= now;
  });
}

inline void share(const foretrain::network::Flows& all, std::vector<State>& states) {
  std::vector<Flow> flows;
  std::vector<std::size_t> who;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!states[i].started || states[i].sent >= 0) continue;
    who.push_back(i);
    flows.emplace_back();
    for (const auto& x : all.path(i % all.flows.size()))
      for (std::uint32_t k = 0; k < x.weight; ++k) flows.back().links.push_back(x.channel);
  }
  const std::vector<double> rates = max_min_rates(all.capacities, flows);
  for (std::size_t k = 0; k < who.size(); ++k) states[who[k]].rate = rates[k];
}

// The arrivals in nanoseconds, by round * flows + flow.
inline std::vector<double> carry(const foretrain::network::Flows& all) {
  const std::size_t n = all.flows.size();
  std::vector<State> states(n * all.rounds);
  for (std::size_t i = 0; i < states.size(); ++i) states[i].remaining = all.flows[i % n].size;
  for (double now = 0;;) {
    for (State& s : states)
      if (s.started && s.sent < 0 && s.remaining <= 0.5e-9 * s.rate) {
        s.sent = now;
        s.arrived =
            now + static_cast<double>(all.flows[static_cast<std::size_t>(&s - states.data()) % n].latency);
      }
    for (std::size_t i = 0; i < states.size(); ++i)
      if (may_start(all, states, i, now)) states[i].started = true;
    share(all, states);
    double next = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < states.size(); ++i) {
      const State& s = states[i];
      if (s.started && s.sent < 0) next = std::min(next, now + s.remaining / s.rate * 1e9);
      if (s.sent >= 0 && s.arrived > now) next = std::min(next, s.arrived);
      const auto start = static_cast<double>(all.flows[i % n].start);
      if (!s.started && start > now) next = std::min(next, start);
    }
    if (next == std::numeric_limits<double>::infinity()) break;
    for (State& s : states)
      if (s.started && s.sent < 0) s.remaining -= s.rate * (next - now) * 1e-9;
    now = next;
  }
  std::vector<double> arrivals;
  for (const State& s : states) arrivals.push_back(s.arrived);
  return arrivals;
}

}  // namespace judge
