#include "report/gantt_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/check.hpp"
#include "report/milliseconds.hpp"

namespace foretrain::report {
namespace {

using cluster::Span;

constexpr std::string_view letters = "FBIW&.";  // in the order of plan::Action, then idle
constexpr std::size_t idle = 5;
constexpr std::int64_t widest_slice = 4;  // letters that one exact slice may take

std::int64_t ns(sim::SimTime t) {
  return t.time_since_epoch().count();
}

// How many letters a row has. `room` is the most that fit.
std::int64_t letters_a_row(const std::vector<std::vector<Span>>& rows, std::int64_t makespan,
                           std::int64_t room) {
  std::int64_t slice = makespan;
  for (const auto& row : rows)
    for (const Span& span : row) slice = std::gcd(slice, std::gcd(ns(span.start), ns(span.end)));
  const std::int64_t slices = makespan / slice;
  return slices > room ? room : slices * std::min(room / slices, widest_slice);
}

// Where slice k of `count` begins, without the overflow of makespan * k.
std::int64_t edge(std::int64_t makespan, std::int64_t count, std::int64_t k) {
  return makespan / count * k + makespan % count * k / count;
}

std::string row_of(const std::vector<plan::Instruction>& list, const std::vector<Span>& spans,
                   std::int64_t makespan, std::int64_t count) {
  std::string row;
  std::size_t first = 0;  // span
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t from = edge(makespan, count, k), to = edge(makespan, count, k + 1);
    std::array<std::int64_t, idle + 1> time{};
    time[idle] = to - from;
    while (first < spans.size() && ns(spans[first].end) <= from) ++first;
    for (std::size_t s = first; s < spans.size() && ns(spans[s].start) < to; ++s) {
      const std::int64_t part = std::min(ns(spans[s].end), to) - std::max(ns(spans[s].start), from);
      time[static_cast<std::size_t>(list[static_cast<std::size_t>(spans[s].instruction)].action)] += part;
      time[idle] -= part;
    }
    row += letters[static_cast<std::size_t>(std::max_element(time.begin(), time.end()) - time.begin())];
  }
  return row;
}

}  // namespace

char letter_of(plan::Action action) {
  return letters[static_cast<std::size_t>(action)];
}

std::string gantt_text(const plan::Program& program, const cluster::Timeline& timeline, std::size_t lane,
                       int width) {
  check(lane < timeline.spans.size(), "no such lane in the timeline");
  const auto& rows = timeline.spans[lane];
  const std::int64_t makespan = ns(timeline.makespan);
  if (makespan == 0) return "nothing takes any time\n";
  const std::size_t digits = std::to_string(rows.size() - 1).size();
  const std::size_t margin = 5 + digits + 2;  // "rank 12 |"
  check(width > static_cast<int>(margin) + 20, "too narrow for a picture");
  const std::int64_t count = letters_a_row(rows, makespan, width - static_cast<std::int64_t>(margin) - 1);
  std::string text;
  for (std::size_t rank = 0; rank < rows.size(); ++rank)
    text += fmt::format("rank {:>{}} |{}|\n", rank, digits,
                        row_of(program.per_rank[rank], rows[rank], makespan, count));
  const std::string end = milliseconds_text(sim::Ticks{makespan}) + " ms";
  text += fmt::format("{:>{}}{:>{}}\n", "0", margin, end, static_cast<std::size_t>(count) + 1);
  text += "F forward, B backward (I + W), I input gradient, W weight gradient, & F with B, . idle\n";
  return text + fmt::format("one letter is {} ms\n", milliseconds_text(sim::Ticks{makespan / count}));
}

}  // namespace foretrain::report
