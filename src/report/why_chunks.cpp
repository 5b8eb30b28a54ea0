// A row made of chunks: how many on each rank, of which kinds, and what is inside the kind that matters most.

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/words.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/why_sections.hpp"

namespace foretrain::report {

namespace {

using cluster::ChunkKey;
using cluster::ChunkSample;
using plan::Action;

// What a row books of a chunk, as cluster books it: the weight part of a full backward apart.
Seconds booked(const ChunkSample& sample, Action action, std::string_view row) {
  const Seconds whole = sim::to_seconds(sample.duration), weight = sim::to_seconds(sample.weight);
  switch (action) {
    case Action::forward:
      return row == "forward" ? whole : seconds(0);
    case Action::backward:
      return row == "backward" ? whole - weight : row == "weight" ? weight : seconds(0);
    case Action::input_backward:
      return row == "backward" ? whole : seconds(0);
    case Action::weight:
      return row == "weight" ? whole : seconds(0);
    case Action::pair:
      return row == "overlapped" ? whole : seconds(0);
  }
  return seconds(0);
}

const ChunkSample& sample_of(const Question& q, std::size_t rank, std::size_t instruction) {
  return q.inside.pools.sample_of(q.stage.step.program, q.inside.spec.seed, 0, rank, instruction);
}

std::string units_text(const std::vector<model::Unit>& units) {
  std::string text;
  for (std::size_t i = 0; i < units.size();) {
    std::size_t end = i;
    while (end < units.size() && units[end] == units[i]) ++end;
    text += fmt::format("{}{} {}", text.empty() ? "" : " + ", end - i, model::name_of(units[i]));
    i = end;
  }
  return text;
}

std::string ranks_text(const Question& q, const Row& row) {
  Table table{{left("rank"), right("chunks"), right("mean, ms"), right("seconds")}, {}};
  const auto& program = q.stage.step.program;
  std::size_t first = 0;
  for (std::size_t r = 0; r < program.per_rank.size(); ++r) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < program.per_rank[r].size(); ++i) {
      count += booked(sample_of(q, r, i), program.per_rank[r][i].action, row.name) > seconds(0) ? 1 : 0;
    }
    const Seconds total = q.stage.step.ranks[r].*row.seconds;
    std::vector<std::string> cells{std::to_string(r), whole(double(count)),
                                   count > 0 ? fixed(total.base() * 1e3 / double(count), 2) : "",
                                   fixed(total.base(), 3)};
    const bool same = r > 0 && std::equal(cells.begin() + 1, cells.end(), table.rows.back().begin() + 1);
    if (!same) first = r;
    if (same)
      table.rows.back()[0] = fmt::format("{}-{}", first, r);
    else
      table.add(std::move(cells));
  }
  return "\n1. RANKS: chunks of this row and their mean time\n" + to_text(table);
}

std::string kinds_text(const Question& q, const std::vector<ChunkUse>& uses) {
  Table table{{left("kind of chunk"), right("chunks"), right("mean, ms"), right("of the row")}, {}};
  Seconds total{};
  for (const ChunkUse& use : uses) total += use.in_row;
  for (const ChunkUse& use : uses) {
    table.add({chunk_name(use.key), whole(double(use.count)),
               fixed(use.in_row.base() * 1e3 / double(use.count), 2), percent_text(use.in_row / total)});
  }
  return "\n2. KINDS of chunks, on all ranks together\n" + to_text(table) + kinds_legend(q.inside.pools);
}

struct SegmentSum {
  std::int64_t count = 0;
  sim::Ticks time{};
};

std::string segments_text(const ChunkUse& use, const ChunkInside& chunk, std::string_view row) {
  std::map<cluster::BlockKind, SegmentSum> blocks;
  std::map<cluster::ExchangeKind, SegmentSum> exchanges;
  sim::Ticks busy{};
  const auto add = [](SegmentSum& sum, sim::Ticks time) { ++sum.count, sum.time += time; };
  for (const cluster::SegmentSpan& span : chunk.spans) {
    const auto& s = chunk.work.chunk.segments[static_cast<std::size_t>(span.segment)];
    if (!s.is_exchange) busy += span.end - span.start;
    if (s.is_exchange)
      add(exchanges[s.exchange], span.end - span.start);
    else if (in_row(use.key, s.block, row))
      add(blocks[s.block], span.end - span.start);
  }
  const auto cells = [&](std::string_view stream, std::string_view name, std::int64_t count,
                         sim::Ticks time) {
    return std::vector<std::string>{std::string(stream), std::string(name),
                                    count > 0 ? whole(double(count)) : "",
                                    fixed(double(time.count()) / 1e6, 2),
                                    percent_text(double(time.count()) / double(chunk.duration.count()))};
  };
  Table table{{left("stream"), left("segment"), right("times"), right("ms"), right("of the chunk")}, {}};
  for (const auto& [kind, sum] : blocks) table.add(cells("compute", name_of(kind), sum.count, sum.time));
  table.add(cells("compute", "waiting for exchanges or barriers", 0, chunk.duration - busy));
  for (const auto& [kind, sum] : exchanges)
    table.add(cells("communication", name_of(kind), sum.count, sum.time));
  return fmt::format("\n3. INSIDE the largest kind, {}: {} in one routing draw\n{}", chunk_name(use.key),
                     time_text(sim::to_seconds(chunk.duration)), to_text(table)) +
         "  Both streams run at once; exchanges cost time where compute waits for them or shares HBM with "
         "them.\n";
}

}  // namespace

bool is_weight(cluster::BlockKind kind) {
  return kind == cluster::BlockKind::mlp_w || kind == cluster::BlockKind::attention_w;
}

bool in_row(const ChunkKey& key, cluster::BlockKind kind, std::string_view row) {
  return key.action != Action::backward || is_weight(kind) == (row == "weight");
}

std::string chunk_name(const ChunkKey& key) {
  const auto letter = [](std::int32_t kind) { return static_cast<char>('a' + kind % 26); };
  std::string text(name_of(key.action));
  if (key.forward_kind >= 0) text += fmt::format(", F of {}", letter(key.forward_kind));
  if (key.backward_kind >= 0) text += fmt::format(", B of {}", letter(key.backward_kind));
  return text;
}

std::string kinds_legend(const cluster::ChunkPools& pools) {
  std::string text = "  Kinds of stages:\n";
  for (std::size_t k = 0; k < pools.units_of_kind.size(); ++k) {
    const auto stages =
        std::count(pools.kind_of_stage.begin(), pools.kind_of_stage.end(), static_cast<std::int32_t>(k));
    text += wrap(fmt::format("{} ({} {})", units_text(pools.units_of_kind[k]), stages,
                             plural(double(stages), "stage", "stages")),
                 fmt::format("    {}  ", static_cast<char>('a' + k % 26)));
  }
  return text;
}

std::vector<ChunkUse> list_uses(const Question& q, std::string_view row) {
  std::map<ChunkKey, ChunkUse> found;
  const auto& program = q.stage.step.program;
  for (std::size_t r = 0; r < program.per_rank.size(); ++r) {
    for (std::size_t i = 0; i < program.per_rank[r].size(); ++i) {
      const plan::Instruction& instruction = program.per_rank[r][i];
      const ChunkSample& sample = sample_of(q, r, i);
      const bool all = row == exposed_row.name;
      const Seconds exposed = std::max(seconds(0), sim::to_seconds(sample.duration - sample.compute));
      const Seconds time = all ? exposed : booked(sample, instruction.action, row);
      if (!all && time <= seconds(0)) continue;
      ChunkUse& use = found[q.inside.pools.key_of(instruction)];
      use.key = q.inside.pools.key_of(instruction);
      ++use.count;
      use.in_row += time;
      use.exposed += exposed;
    }
  }
  std::vector<ChunkUse> uses;
  for (const auto& [key, use] : found) uses.push_back(use);
  std::stable_sort(uses.begin(), uses.end(),
                   [](const auto& a, const auto& b) { return a.in_row > b.in_row; });
  return uses;
}

std::string why_chunks(const Question& q, const Row& row) {
  const std::vector<ChunkUse> uses = list_uses(q, row.name);
  if (uses.empty()) return "\nThis schedule runs no such chunk.\n";
  const ChunkInside chunk = look_inside(q.inside, uses.front().key);
  std::string text = ranks_text(q, row) + kinds_text(q, uses) + segments_text(uses.front(), chunk, row.name) +
                     why_kernels(q, uses.front().key, chunk, row.name);
  const bool exchanges = std::any_of(chunk.work.chunk.segments.begin(), chunk.work.chunk.segments.end(),
                                     [](const auto& s) { return s.is_exchange; });
  return exchanges ? text + why_exchanges(q) : text;
}

}  // namespace foretrain::report
