#include "cluster/critical_path.hpp"

#include "base/check.hpp"
#include "cluster/flow.hpp"

namespace foretrain::cluster {
namespace {

using sim::SimTime;
using sim::Ticks;

// Walks back from a point in time at which something of a cursor's chunk ended.
class Walk {
 public:
  Walk(const StepPlan& plan, const ReplicaResult& result) : plan_(plan), result_(result) {
    const auto& program = *plan.program;
    ranks_ = program.per_rank.size();
    const auto slots =
        static_cast<std::size_t>(program.stages) * static_cast<std::size_t>(program.micro_batches);
    forward_.resize(slots);
    backward_.resize(slots);
    first_.resize(ranks_);
    for (std::size_t r = 0; r < ranks_; ++r) {
      First next;
      for (std::size_t i = 0; i < program.per_rank[r].size(); ++i) {
        const auto& instruction = program.per_rank[r][i];
        first_[r].push_back(next);
        const StreamPlan& streams = plan.kinds[plan.kind_of[r][i]];
        next.compute += streams.computes.size();
        next.exchange += streams.exchanges.size();
        if (has_forward(instruction.action))
          forward_[slot(instruction.forward_stage, instruction.forward_micro_batch)] = i;
        if (sends_gradient(instruction.action))
          backward_[slot(instruction.backward_stage, instruction.backward_micro_batch)] = i;
      }
    }
    path_.by_rank.resize(ranks_);
  }

  CriticalPath run() {
    const auto& spans = result_.timeline.spans;
    for (std::size_t id = 0; id < spans.size() * ranks_; ++id)
      if (span_of(id, last_chunk(id)).end == result_.timeline.makespan) {
        path_.last = static_cast<std::uint32_t>(id);
        id_ = id;
        chunk_ = last_chunk(id);
        break;
      }
    while (true) {
      walk_chunk();
      if (!leave_chunk()) break;
    }
    check(path_.total() == result_.timeline.makespan.time_since_epoch(), "the critical path is the step");
    return std::move(path_);
  }

 private:
  struct First {  // record of a chunk's first step on each stream
    std::size_t compute = 0, exchange = 0;
  };

  std::size_t slot(std::int32_t stage, std::int32_t micro) const {
    return static_cast<std::size_t>(stage) * static_cast<std::size_t>(plan_.program->micro_batches) +
           static_cast<std::size_t>(micro);
  }
  std::size_t last_chunk(std::size_t id) const { return plan_.program->per_rank[id % ranks_].size() - 1; }
  const Span& span_of(std::size_t id, std::size_t chunk) const {
    return result_.timeline.spans[id / ranks_][id % ranks_][chunk];
  }
  const StreamPlan& streams() const { return plan_.kinds[plan_.kind_of[id_ % ranks_][chunk_]]; }
  const plan::Instruction& instruction() const { return plan_.program->per_rank[id_ % ranks_][chunk_]; }
  const StepRecord& compute(std::size_t k) const {
    return result_.record.computes[id_][first_[id_ % ranks_][chunk_].compute + k];
  }
  const ExchangeRecord& exchange(std::size_t k) const {
    return result_.record.exchanges[id_][first_[id_ % ranks_][chunk_].exchange + k];
  }
  void book(Ticks& part, Ticks time) {
    part += time;
    path_.by_rank[id_ % ranks_] += time;
  }

  // From the end of the present chunk to its start, or to that of the same chunk on another GPU.
  void walk_chunk() {
    std::size_t computes = streams().computes.size(), exchanges = streams().exchanges.size();
    SimTime at = span_of(id_, chunk_).end;
    while (at > span_of(id_, chunk_).start) {
      if (computes > 0 && compute(computes - 1).end == at) {
        at = walk_compute(--computes);
        exchanges = streams().computes[computes].exchanges;
      } else {
        check(exchanges > 0 && exchange(exchanges - 1).end == at, "something ended when the next began");
        at = walk_exchange(--exchanges);
        computes = streams().exchanges[exchanges].computes;
      }
    }
  }
  SimTime walk_compute(std::size_t k) {
    const StepRecord& record = compute(k);
    const Ticks price = sim::to_ticks(streams().computes[k].balanced.alone);
    const auto action = static_cast<std::size_t>(instruction().action);
    book(path_.priced[action], price);
    book(path_.longer[action], record.end - record.start - price);
    return record.start;
  }
  SimTime walk_exchange(std::size_t k) {
    const ExchangeRecord& record = exchange(k);
    const BarrierRecord& barrier = result_.record.barriers[record.barrier];
    book(path_.exchange, record.end - record.start);
    book(path_.barrier, record.start - barrier.arrived);
    if (barrier.last != id_) ++path_.barriers;
    id_ = barrier.last;
    return barrier.arrived;
  }

  // To the chunk whose end let this one start; false at the start of the step.
  bool leave_chunk() {
    const SimTime start = span_of(id_, chunk_).start;
    const auto& i = instruction();
    switch (result_.record.starts[id_][chunk_]) {
      case ChunkStart::at_once:
        check(start == SimTime{}, "a chunk that waits for nothing starts at once");
        return false;
      case ChunkStart::previous:
        --chunk_;
        return true;
      case ChunkStart::sends:
        --chunk_;
        book(path_.sending, start - span_of(id_, chunk_).end);
        return true;
      case ChunkStart::activation:
        follow(i.forward_stage - 1, i.forward_micro_batch, forward_, start);
        return true;
      case ChunkStart::gradient: {
        const bool loss = i.backward_stage + 1 == plan_.program->stages;
        follow(i.backward_stage + (loss ? 0 : 1), i.backward_micro_batch, loss ? forward_ : backward_, start);
        return true;
      }
    }
    return false;
  }
  void follow(std::int32_t stage, std::int32_t micro, const std::vector<std::size_t>& chunks, SimTime start) {
    const auto rank = static_cast<std::size_t>(plan_.program->rank_at(stage, micro));
    const std::size_t sender = id_ / ranks_ * ranks_ + rank;
    if (sender != id_) ++path_.messages;
    id_ = sender;
    chunk_ = chunks[slot(stage, micro)];
    book(path_.message, start - span_of(id_, chunk_).end);
  }

  const StepPlan& plan_;
  const ReplicaResult& result_;
  std::size_t ranks_ = 0, id_ = 0, chunk_ = 0;
  std::vector<std::vector<First>> first_;        // [rank][instruction]
  std::vector<std::size_t> forward_, backward_;  // slot -> instruction
  CriticalPath path_;
};

}  // namespace

Ticks CriticalPath::compute() const {
  Ticks sum{};
  for (std::size_t a = 0; a < action_count; ++a) sum += priced[a] + longer[a];
  return sum;
}

CriticalPath find_critical_path(const StepPlan& plan, const ReplicaResult& result) {
  check(!result.record.starts.empty(), "a critical path needs the record");
  return Walk(plan, result).run();
}

}  // namespace foretrain::cluster
