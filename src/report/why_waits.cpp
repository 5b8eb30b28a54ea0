// The rows in which nothing is computed: the bubble and the exposed communication.

#include <fmt/core.h>

#include <algorithm>

#include "cluster/uniform.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/why_sections.hpp"

namespace foretrain::report {

namespace {

using plan::Action;

// Mean time of a chunk of this action over the step; zero when there is none.
sim::Ticks mean_chunk(const Question& q, Action action) {
  std::int64_t count = 0;
  sim::Ticks total{};
  const auto& step = q.stage.step;
  for (std::size_t r = 0; r < step.program.per_rank.size(); ++r) {
    for (std::size_t i = 0; i < step.program.per_rank[r].size(); ++i) {
      if (step.program.per_rank[r][i].action != action) continue;
      ++count;
      total += step.durations.front()[r][i];
    }
  }
  return count > 0 ? total / count : sim::Ticks{};
}

// What the schedule's published formula says for equal chunks of this step's mean times; empty where it says
// nothing.
std::string formula_text(const Question& q) {
  const auto& step = q.stage.step;
  const sim::Ticks input = mean_chunk(q, Action::input_backward), weight = mean_chunk(q, Action::weight);
  const sim::Ticks whole_backward = mean_chunk(q, Action::backward);
  const sim::Ticks backward = whole_backward.count() > 0 ? whole_backward : input + weight;
  const cluster::UniformTimes times{mean_chunk(q, Action::forward), backward, std::min(weight, backward),
                                    mean_chunk(q, Action::pair)};
  if (times.forward.count() == 0 || backward.count() == 0) return {};
  const Seconds formula =
      sim::to_seconds(cluster::published_bubble(step.schedule, step.program.stages, times));
  return wrap(
      fmt::format(
          "The published formula for {} gives {:.3f} s with equal chunks of this step's mean times and free "
          "messages. The other {:.3f} s come from unequal stages, messages and routing.",
          plan::name_of(step.schedule), formula.base(), (step.mean.bubble - formula).base()),
      "  ");
}

std::string messages_text(const Question& q) {
  const cluster::P2p& p2p = q.inside.prepared.p2p;
  std::string text =
      wrap(fmt::format("A message between stages is {}: {} on the wire and {} of latency; the next chunk {} "
                       "until a rank's own "
                       "messages have left.",
                       size_text(q.inside.prepared.p2p_bytes), time_text(sim::to_seconds(p2p.wire)),
                       time_text(sim::to_seconds(p2p.latency)), p2p.sender_waits ? "waits" : "does not wait"),
           "  ");
  const auto& waits = q.scenario.software.p2p_waits;
  return text + wrap(fmt::format("{}: {}", waits.from.where, waits.from.source), "    ");
}

}  // namespace

std::string why_bubble(const Question& q) {
  Table table{{left("rank"), right("before the first chunk"), right("between chunks"),
               right("after the last"), right("bubble, s")},
              {}};
  const auto& timeline = q.stage.step.timeline;
  for (std::size_t r = 0; r < timeline.spans.front().size(); ++r) {
    const auto& spans = timeline.spans.front()[r];
    if (spans.empty()) continue;
    const Seconds first = sim::to_seconds(spans.front().start);
    const Seconds last = sim::to_seconds(timeline.makespan - spans.back().end);
    const Seconds bubble = q.stage.step.ranks[r].bubble;
    table.add({std::to_string(r), fixed(first.base(), 3), fixed((bubble - first - last).base(), 3),
               fixed(last.base(), 3), fixed(bubble.base(), 3)});
  }
  std::string text = "\n1. WHEN each rank waits, in seconds\n" + to_text(table) +
                     "\n2. WHAT the schedule alone would cost\n" + formula_text(q) + messages_text(q);
  if (!q.outcome.causes || q.outcome.causes->empty() || &q.stage != &q.outcome.stages.front()) return text;
  Table causes{{left("switched off alone"), right("step shorter by, s"), left("the experiment")}, {}};
  std::vector<study::Cause> sorted = *q.outcome.causes;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.share > b.share; });
  for (const study::Cause& c : sorted) causes.add({c.name, fixed(c.share.base(), 3), c.how});
  return text + "\n3. WHAT the step would gain, cause by cause\n" + to_text(causes);
}

std::string why_exposed(const Question& q) {
  Table table{{left("kind of chunk"), right("chunks"), right("exposed each, ms"), right("of the row")}, {}};
  const std::vector<ChunkUse> uses = list_uses(q, exposed_row.name);
  Seconds total{};
  for (const ChunkUse& use : uses) total += use.exposed;
  for (const ChunkUse& use : uses) {
    if (use.exposed <= seconds(0)) continue;
    table.add({chunk_name(use.key), whole(double(use.count)),
               fixed(use.exposed.base() * 1e3 / double(use.count), 2), percent_text(use.exposed / total)});
  }
  if (table.rows.empty()) return "\nNo chunk waits for communication.\n";
  return "\n1. KINDS of chunks, on all ranks together\n" + to_text(table) + kinds_legend(q.inside.pools) +
         why_exchanges(q);
}

}  // namespace foretrain::report
