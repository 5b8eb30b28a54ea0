#include "cluster/tail.hpp"

#include <algorithm>

namespace foretrain::cluster {
namespace {

using model::Unit;
using plan::Action;

std::size_t slot(Unit unit) {
  return static_cast<std::size_t>(unit);
}

// Time of a unit's blocks, which divides a chunk's time among its units.
double weight_of(const ChunkInputs& inputs, const UnitPrices& prices, Unit unit, bool forward) {
  using enum BlockKind;
  Seconds sum;
  const auto& blocks = prices.alone[slot(unit)].blocks;
  const auto add = [&](BlockKind kind) {
    const auto& curve = blocks[static_cast<std::size_t>(kind)];
    if (!curve.empty()) sum += curve.at(static_cast<double>(inputs.work.routed_rows)).alone;
  };
  if (forward) {
    for (const auto kind : {attention_f, mlp_f}) add(kind);
  } else {
    for (const auto kind : {mlp_i, mlp_w, attention_i, attention_w}) add(kind);
  }
  return sum.base();
}

// The units of a stage with the share of its chunk that has passed when each begins and ends, in the chunk's
// order.
struct Passage {
  Unit unit{};
  double begin = 0, end = 0;
};
std::vector<Passage> list_passages(const ChunkInputs& inputs, const UnitPrices& prices,
                                   const std::vector<Unit>& stage, bool forward) {
  std::vector<Unit> units = stage;
  if (!forward) std::reverse(units.begin(), units.end());
  std::vector<Passage> passages;
  double sum = 0;
  for (const Unit unit : units) {
    const double begin = sum;
    sum += weight_of(inputs, prices, unit, forward);
    passages.push_back({unit, begin, sum});
  }
  for (auto& p : passages)
    if (sum > 0) p = {p.unit, p.begin / sum, p.end / sum};
  return passages;
}

struct Visit {  // of a stage by a chunk
  std::int32_t stage = 0;
  Seconds start, end;
};

bool makes_weight_gradients(Action a) {
  return a == Action::backward || a == Action::weight || a == Action::pair;
}

// The first forward (or the last chunk that makes weight gradients) of every stage of a rank, in time order.
std::vector<Visit> list_visits(const plan::Program& program, const std::vector<Span>& spans, std::size_t rank,
                               bool forward) {
  std::vector<Visit> visits;
  const auto& list = program.per_rank[rank];
  const auto look = [&](const Span& span) {
    const auto& i = list[static_cast<std::size_t>(span.instruction)];
    const bool counts = forward ? i.forward_stage >= 0 : makes_weight_gradients(i.action);
    const std::int32_t stage = forward ? i.forward_stage : i.backward_stage;
    const bool seen =
        std::any_of(visits.begin(), visits.end(), [&](const Visit& v) { return v.stage == stage; });
    if (counts && !seen)
      visits.push_back({stage, sim::to_seconds(span.start.time_since_epoch()),
                        sim::to_seconds(span.end.time_since_epoch())});
  };
  if (forward) {
    for (const Span& span : spans) look(span);
  } else {
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) look(*span);
    std::reverse(visits.begin(), visits.end());
  }
  return visits;
}

// How much of a collective that runs from `begin` to `end` lies beside chunks of its rank.
Seconds beside_chunks(const std::vector<Span>& spans, Seconds begin, Seconds end) {
  Seconds sum;
  for (const Span& span : spans) {
    const Seconds start = std::max(begin, sim::to_seconds(span.start.time_since_epoch()));
    sum += std::max(seconds(0), std::min(end, sim::to_seconds(span.end.time_since_epoch())) - start);
  }
  return sum;
}

// Share of the chunks' time in kernels bound by the SMs, of all stages together.
double bound_by_sms(const ChunkInputs& inputs, const UnitPrices& prices, bool forward) {
  Seconds alone, clocked;
  for (const auto& stage : inputs.stages)
    for (const Unit unit : stage)
      for (std::size_t k = 0; k < block_kinds; ++k) {
        const auto kind = static_cast<BlockKind>(k);
        const auto& curve = prices.alone[slot(unit)].blocks[k];
        const bool of_forward = kind == BlockKind::attention_f || kind == BlockKind::mlp_f;
        if (curve.empty() || of_forward != forward) continue;
        const auto time = curve.at(static_cast<double>(inputs.work.routed_rows));
        alone += time.alone;
        clocked += time.clocked;
      }
  return alone > seconds(0) ? clocked / alone : 0;
}

// What compute loses in `beside` seconds next to a collective.
Seconds slowed(const ChunkInputs& inputs, const UnitPrices& prices, Seconds beside, bool forward) {
  if (inputs.nccl_sms == 0) return {};
  const auto held = static_cast<double>(inputs.nccl_sms);
  return beside *
         (bound_by_sms(inputs, prices, forward) * held / (static_cast<double>(inputs.gpu->sms.value) - held));
}

}  // namespace

Seconds exposed_reduction(const ChunkInputs& inputs, const UnitPrices& prices, const plan::Program& program,
                          const Timeline& timeline, const Buckets& buckets, std::size_t lane,
                          sim::SimTime ended) {
  Seconds last, most;
  for (std::size_t r = 0; r < program.per_rank.size(); ++r) {
    Seconds done, copied, beside;
    for (const Visit& visit : list_visits(program, timeline.spans[lane][r], r, false))
      for (const Passage& p :
           list_passages(inputs, prices, inputs.stages[static_cast<std::size_t>(visit.stage)], false)) {
        const Seconds whole = visit.start + (visit.end - visit.start) * p.end;
        const Seconds begin = std::max(done, whole);
        done = begin + buckets.reduce[slot(p.unit)];
        copied = std::max(copied, done) + buckets.to_host[slot(p.unit)];
        beside += beside_chunks(timeline.spans[lane][r], begin, done);
      }
    last = std::max(last, copied);
    most = std::max(most, beside);
  }
  return std::max(seconds(0), last - sim::to_seconds(ended)) + slowed(inputs, prices, most, false);
}

Seconds exposed_gather(const ChunkInputs& inputs, const UnitPrices& prices, const plan::Program& program,
                       const Timeline& timeline, const Buckets& buckets, std::size_t lane) {
  Seconds longest, most;
  for (std::size_t r = 0; r < program.per_rank.size(); ++r) {
    Seconds gathered, delay;
    for (const Visit& visit : list_visits(program, timeline.spans[lane][r], r, true))
      for (const Passage& p :
           list_passages(inputs, prices, inputs.stages[static_cast<std::size_t>(visit.stage)], true)) {
        gathered += buckets.gather[slot(p.unit)];
        delay = std::max(delay, gathered - visit.start - (visit.end - visit.start) * p.begin);
      }
    longest = std::max(longest, delay);
    most = std::max(most, beside_chunks(timeline.spans[lane][r], seconds(0), gathered - delay));
  }
  return longest + slowed(inputs, prices, most, true);
}

}  // namespace foretrain::cluster
