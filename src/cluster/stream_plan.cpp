#include "cluster/stream_plan.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace foretrain::cluster {
namespace {

ExchangeTime time_of(const GroupWork& work, const Segment& s) {
  const auto& units = s.backward_side ? work.backward : work.forward;
  const auto unit = [&] { return static_cast<std::size_t>(units[s.unit].unit); };
  if (s.exchange == ExchangeKind::gather) return {work.gather[unit()], {}};
  if (s.exchange == ExchangeKind::scatter) return {work.scatter[unit()], {}};
  return work.exchange[static_cast<std::size_t>(s.exchange)];
}

// Which of the side's units with an exchange this one is.
std::uint16_t layer_of(const std::vector<UnitTimes>& units, const Segment& s) {
  const auto before = units.begin() + std::min<std::ptrdiff_t>(s.unit, std::ssize(units));
  return static_cast<std::uint16_t>(
      std::count_if(units.begin(), before, [](const UnitTimes& u) { return u.has_exchange; }));
}

}  // namespace

StreamPlan plan_streams(const GroupWork& work) {
  const auto& segments = work.chunk.segments;
  check(segments.size() < std::numeric_limits<std::uint16_t>::max(), "a chunk's segments can be numbered");
  StreamPlan plan;
  plan.mean_rows = work.mean_rows;
  plan.barrier = work.barrier;
  std::vector<std::uint16_t> place;  // of each segment, on its own stream
  for (const Segment& s : segments) {
    StreamStep step;
    step.segment = &s;
    step.index = static_cast<std::uint16_t>(place.size());
    const auto& units = s.backward_side ? work.backward : work.forward;
    step.layer = layer_of(units, s);
    step.routed = s.unit < units.size() && units[s.unit].has_exchange;
    for (const std::int16_t need : s.needs) {
      if (need < 0) continue;
      const auto n = static_cast<std::size_t>(need);
      check(n < place.size(), "a segment needs earlier ones");
      std::uint16_t& position = segments[n].is_exchange ? step.exchanges : step.computes;
      position = std::max<std::uint16_t>(position, static_cast<std::uint16_t>(place[n] + 1));
    }
    auto& stream = s.is_exchange ? plan.exchanges : plan.computes;
    place.push_back(static_cast<std::uint16_t>(stream.size()));
    if (s.is_exchange) {
      step.time = time_of(work, s);
      step.of_tokens = static_cast<std::size_t>(s.exchange) < exchange_kinds;
    } else {
      step.curve = &units[s.unit].blocks[static_cast<std::size_t>(s.block)];
      if (!step.curve->empty()) step.balanced = step.curve->at(work.mean_rows);
    }
    stream.push_back(step);
  }
  return plan;
}

BlockTime block_time(const StreamPlan& plan, const StreamStep& step, const BlockFactors& factors) {
  BlockTime time = step.balanced;
  if (factors.load != 1 && !step.curve->empty()) time = step.curve->at(plan.mean_rows * factors.load);
  if (factors.attention != 1) {
    const Seconds more = time.attended * (factors.attention - 1);
    time.alone += more;
    time.beside += more;
    time.clocked += more;
  }
  const Seconds waits = time.collective;  // which neither jitter nor a slow chip prolongs
  if (factors.jitter != 1)
    time = {(time.alone - waits) * factors.jitter + waits, (time.beside - waits) * factors.jitter + waits,
            time.clocked * factors.jitter, time.barrier * factors.jitter, waits};
  if (factors.nvlink != 1) {
    const Seconds more = waits * (1 / factors.nvlink - 1);
    time.alone += more;
    time.beside += more;
    time.collective += more;
  }
  const Seconds excess = time.clocked * factors.slowness;
  time.alone += excess;
  time.beside += excess;
  return time;
}

}  // namespace foretrain::cluster
