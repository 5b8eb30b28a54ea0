#include "cluster/uniform.hpp"

#include "base/check.hpp"

namespace foretrain::cluster {

using plan::Schedule;

ChunkTimes list_times(const plan::Program& program, const UniformTimes& times) {
  check(times.weight <= times.backward, "W is a part of B");
  ChunkTimes result(1);
  for (const auto& list : program.per_rank) {
    auto& rank = result[0].emplace_back();
    rank.reserve(list.size());
    for (const plan::Instruction& i : list) switch (i.action) {
        case plan::Action::forward:
          rank.push_back(times.forward);
          break;
        case plan::Action::backward:
          rank.push_back(times.backward);
          break;
        case plan::Action::input_backward:
          rank.push_back(times.backward - times.weight);
          break;
        case plan::Action::weight:
          rank.push_back(times.weight);
          break;
        case plan::Action::pair:
          rank.push_back(times.pair);
          break;
      }
  }
  return result;
}

sim::Ticks published_bubble(Schedule schedule, std::int64_t stages, const UniformTimes& t,
                            std::int64_t virtual_stages) {
  switch (schedule) {
    case Schedule::interleaved:
      return (stages / virtual_stages - 1) * (t.forward + t.backward);
    case Schedule::one_f_one_b:
    case Schedule::gpipe:
      return (stages - 1) * (t.forward + t.backward);
    case Schedule::zb1p:
      return (stages - 1) * (t.forward + t.backward - 2 * t.weight);
    case Schedule::dualpipe:
    case Schedule::dualpipe_v:
      return (stages / 2 - 1) * (t.pair + t.backward - 3 * t.weight);
  }
  check(false, "no such schedule");
  return {};
}

std::string published_bubble_limit(Schedule schedule, std::int64_t stages, std::int64_t micro_batches,
                                   const UniformTimes& t, const P2p& p2p) {
  const sim::Ticks input = t.backward - t.weight;
  if (stages > 1 && (p2p.latency.count() > 0 || p2p.wire.count() > 0)) return "communication is not free";
  if (!plan::splits_backward(schedule)) return {};
  if (schedule == Schedule::zb1p) {
    if (t.weight > t.forward || t.weight > input) return "W is longer than F or than I = B - W";
    if (micro_batches < stages) return "there are fewer micro-batches than stages";
    return {};
  }
  if (input != t.forward) return "I = B - W differs from F";
  if (t.weight > t.forward) return "W is longer than F";
  if (t.pair != t.forward + t.backward) return "F&B differs from F + B";
  return {};
}

}  // namespace foretrain::cluster
