#include "report/trace.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "report/trace_events.hpp"
#include "report/trace_ops.hpp"

namespace foretrain::report {

namespace {

using plan::Action;
using plan::Instruction;

struct Look {
  std::string_view category, color;
};

Look look_of(Action action) {
  switch (action) {
    case Action::forward:
      return {"forward", "thread_state_running"};
    case Action::backward:
      return {"backward", "thread_state_iowait"};
    case Action::input_backward:
      return {"input gradient", "rail_animation"};
    case Action::weight:
      return {"weight gradient", "rail_load"};
    case Action::pair:
      return {"overlapped pair", "rail_response"};
  }
  return {"", ""};
}

std::string name_of_chunk(const Instruction& i) {
  switch (i.action) {
    case Action::forward:
      return fmt::format("F mb {}", i.forward_micro_batch);
    case Action::backward:
      return fmt::format("B mb {}", i.backward_micro_batch);
    case Action::input_backward:
      return fmt::format("I mb {}", i.backward_micro_batch);
    case Action::weight:
      return fmt::format("W mb {}", i.backward_micro_batch);
    case Action::pair:
      return fmt::format("F&B mb {}/{}", i.forward_micro_batch, i.backward_micro_batch);
  }
  return {};
}

struct Chunk {
  std::int32_t rank = 0;
  const Instruction* instruction = nullptr;
  cluster::Span span;
};

// Chunks of the first lane, the earliest first.
std::vector<Chunk> list_chunks(const cluster::StepResult& step) {
  std::vector<Chunk> chunks;
  if (step.timeline.spans.empty()) return chunks;
  const auto& ranks = step.timeline.spans.front();
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    for (const cluster::Span& span : ranks[r]) {
      const auto& list = step.program.per_rank[r];
      chunks.push_back(
          {static_cast<std::int32_t>(r), &list[static_cast<std::size_t>(span.instruction)], span});
    }
  }
  std::stable_sort(chunks.begin(), chunks.end(),
                   [](const Chunk& a, const Chunk& b) { return a.span.start < b.span.start; });
  return chunks;
}

// Whether a chunk of the middle rank belongs to one of the `opened` micro-batches in the middle.
bool is_opened(const Chunk& chunk, const plan::Program& program, std::int32_t opened) {
  if (chunk.rank != program.ranks / 2) return false;
  const std::int32_t first = std::max(0, (program.micro_batches - opened) / 2);
  const auto within = [&](std::int32_t micro_batch) {
    return micro_batch >= first && micro_batch < first + opened;
  };
  return within(chunk.instruction->forward_micro_batch) || within(chunk.instruction->backward_micro_batch);
}

std::string stage_text(const Instruction& i) {
  std::string text;
  if (i.forward_stage >= 0) text += fmt::format("forward of stage {}", i.forward_stage);
  if (i.backward_stage >= 0)
    text += fmt::format("{}backward of stage {}", text.empty() ? "" : ", ", i.backward_stage);
  return text;
}

class Trace {
 public:
  Trace(const study::StageOutcome& stage, const Inside& inside, const TraceOptions& options)
      : stage_(stage), inside_(inside), options_(options), text_(options.most_bytes) {}

  std::string write() {
    const std::vector<Chunk> chunks = list_chunks(stage_.step);
    name_ranks();
    for (const Chunk& chunk : chunks) {
      if (is_opened(chunk, stage_.step.program, options_.opened)) open(chunk);
    }
    for (const Chunk& chunk : chunks) add(chunk);
    add_optimizer();
    add_messages();
    return text_.take(fmt::format("foretrain: one step of {}", stage_.name), left_out_);
  }

 private:
  void name_ranks() {
    for (std::int32_t r = 0; r < stage_.step.program.ranks; ++r) {
      text_.name_process(r, fmt::format("pipeline rank {}", r));
      text_.name_thread(r, static_cast<std::int32_t>(Thread::compute), "compute");
      text_.name_thread(r, static_cast<std::int32_t>(Thread::communication), "communication");
    }
  }

  void add(const TraceEvent& event) {
    if (!text_.add(event)) ++left_out_;
  }

  void add(const Chunk& chunk) {
    const Look look = look_of(chunk.instruction->action);
    const std::string name = name_of_chunk(*chunk.instruction), detail = stage_text(*chunk.instruction);
    add({name, look.category, look.color, chunk.span.start, chunk.span.end, chunk.rank,
         static_cast<std::int32_t>(Thread::compute), detail});
  }

  void open(const Chunk& chunk) {
    const cluster::ChunkKey key = inside_.pools.key_of(*chunk.instruction);
    for (const OpenedEvent& e : open_chunk(inside_, key, chunk.span.start, chunk.span.end)) {
      add({e.name, e.category, "", e.start, e.end, chunk.rank, static_cast<std::int32_t>(e.thread),
           e.detail});
    }
  }

  // It ends the step on every rank; what lies between the last chunk and it is waiting.
  void add_optimizer() {
    const sim::SimTime end{sim::to_ticks(stage_.step.step_time)};
    for (std::size_t r = 0; r < stage_.step.ranks.size(); ++r) {
      const sim::Ticks length =
          std::min(sim::to_ticks(stage_.step.ranks[r].optimizer), end.time_since_epoch());
      if (length.count() == 0) continue;
      add({"optimizer", "optimizer", "rail_idle", end - length, end, static_cast<std::int32_t>(r),
           static_cast<std::int32_t>(Thread::compute), "gradient reduction, update, gathering of weights"});
    }
  }

  // Messages that overlap in time stand on different threads.
  void add_messages() {
    std::vector<std::vector<sim::SimTime>> free_from(stage_.step.ranks.size());  // [rank][thread of messages]
    std::vector<cluster::Message> messages = stage_.step.timeline.messages;
    std::stable_sort(messages.begin(), messages.end(),
                     [](const auto& a, const auto& b) { return a.start < b.start; });
    for (const cluster::Message& m : messages) {
      if (m.end <= m.start || static_cast<std::size_t>(m.from) >= free_from.size()) continue;
      auto& threads = free_from[static_cast<std::size_t>(m.from)];
      auto thread =
          std::find_if(threads.begin(), threads.end(), [&](sim::SimTime free) { return free <= m.start; });
      const std::int32_t id =
          static_cast<std::int32_t>(Thread::messages) + static_cast<std::int32_t>(thread - threads.begin());
      if (thread == threads.end()) {
        threads.push_back(m.end);
        text_.name_thread(m.from, id, "messages sent");
      } else {
        *thread = m.end;
      }
      const std::string name =
          fmt::format("{} mb {} to rank {}", m.is_gradient ? "gradient" : "activation", m.micro_batch, m.to);
      add({name, "message", "", m.start, m.end, m.from, id, ""});
    }
  }

  const study::StageOutcome& stage_;
  const Inside& inside_;
  const TraceOptions& options_;
  TraceText text_;
  std::uint64_t left_out_ = 0;
};

}  // namespace

std::string to_trace(const study::StageOutcome& stage, const Inside& inside, const TraceOptions& options) {
  return Trace(stage, inside, options).write();
}

}  // namespace foretrain::report
