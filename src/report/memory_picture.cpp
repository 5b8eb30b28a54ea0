#include "report/memory_picture.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/words.hpp"
#include "report/json.hpp"
#include "report/milliseconds.hpp"
#include "report/numbers.hpp"
#include "report/table.hpp"

namespace foretrain::report {
namespace {

using cluster::MemoryCurve;
using cluster::MemoryPoint;

constexpr int picture_width = 80;

// "5 of stage 3, 2 of stage 12"; of virtual stages with equally many how many stages they are.
std::string held_text(const MemoryCurve& curve) {
  std::string text;
  for (auto load = curve.held.begin(); load != curve.held.end();) {
    const auto other =
        std::find_if(load, curve.held.end(), [&](const auto& l) { return l.chunks != load->chunks; });
    const auto alike = other - load;
    text += fmt::format(
        "{}{:g} of {}", text.empty() ? "" : ", ", load->chunks,
        alike == 1 ? fmt::format("stage {}", load->stage) : fmt::format("each of {} stages", alike));
    load = other;
  }
  return text;
}

std::string time_of(sim::SimTime at) {
  return fixed(seconds_of(at.time_since_epoch()) * 1e3, 1);
}

std::string peak_table(const study::MemoryOverTime& memory) {
  Table table{{left("rank"), right("always, GiB"), right("peak, GiB"), right("at, ms"),
               left("micro-batches in flight then")},
              {}};
  for (std::size_t r = 0; r < memory.ranks.size(); ++r) {
    const MemoryCurve& curve = memory.ranks[r];
    const MemoryPoint& peak = curve.points[curve.peak];
    table.add({std::to_string(r), gib_text(curve.points.front().used), gib_text(peak.used), time_of(peak.at),
               held_text(curve)});
  }
  return to_text(table);
}

sim::SimTime makespan_of(const study::MemoryOverTime& memory) {
  return memory.step.step.timeline.makespan;
}

}  // namespace

std::string memory_row(const MemoryCurve& curve, const MemoryScale& scale, sim::SimTime makespan,
                       int slices) {
  const auto length = makespan.time_since_epoch().count();
  check(slices > 0, "a picture has some width");
  const auto digit = [&scale](Bytes used) {
    if (used > scale.limit) return '*';
    return static_cast<char>('0' + std::min(9, static_cast<int>(used / scale.full * 10)));
  };
  std::string row;
  std::size_t next = 0;  // the first point that is not before the slice
  const auto edge = [&](int k) { return length / slices * k + length % slices * k / slices; };
  const auto when = [&](std::size_t i) { return curve.points[i].at.time_since_epoch().count(); };
  for (int k = 0; k < slices; ++k) {
    Bytes most;
    const bool changes = next < curve.points.size() && when(next) == edge(k);  // just as the slice begins
    if (next > 0 && !changes) most = curve.points[next - 1].used;
    for (; next < curve.points.size() && when(next) < edge(k + 1); ++next)
      most = std::max(most, curve.points[next].used);
    row += digit(most);
  }
  return row;
}

std::string memory_over_time_text(const spec::StageSpec& stage, const study::MemoryOverTime& memory) {
  check(!memory.ranks.empty(), "a step that runs has ranks");
  const auto makespan = makespan_of(memory);
  const Bytes limit = memory.step.memory.front().limit;
  MemoryScale scale{Bytes{}, limit};
  for (const MemoryCurve& curve : memory.ranks)
    scale.full = std::max(scale.full, curve.points[curve.peak].used);
  const auto digits = std::to_string(memory.ranks.size() - 1).size();
  std::string text =
      fmt::format("MEMORY OVER TIME of one GPU in {}, of {} GiB\n", stage.name, gib_text(limit));
  text += peak_table(memory);
  text += "  always: weights, gradients, optimizer, buffers, temporaries and reserve\n";
  if (!memory.step.does_not_fit.empty()) text += wrap(memory.step.does_not_fit, "  DOES NOT FIT: ");
  text += "\n";
  for (std::size_t r = 0; r < memory.ranks.size(); ++r)
    text += fmt::format("  rank {:>{}} |{}|\n", r, digits,
                        memory_row(memory.ranks[r], scale, makespan, picture_width));
  const std::string end = time_of(makespan) + " ms";
  text += fmt::format("  {:>{}}{:>{}}\n", "0", 7 + digits, end, picture_width + 1);
  const std::string legend = fmt::format(
      "A digit is tenths of {} GiB, the fullest moment of all ranks, at the slice's own fullest; * is more "
      "than the GPU has. The end of the step, where gradients are reduced and weights updated, comes after "
      "the picture.",
      gib_text(scale.full));
  return text + wrap(legend, "  ");
}

std::string memory_over_time_json(const spec::Scenario& scenario, const spec::StageSpec& stage,
                                  const study::MemoryOverTime& memory) {
  JsonWriter json;
  json.begin_object().member("scenario", scenario.name).member("stage", stage.name);
  json.member("step_time_s", memory.step.step.step_time.base());
  json.member("makespan_s", seconds_of(makespan_of(memory).time_since_epoch()));
  json.member("limit_bytes", memory.step.memory.front().limit.base());
  json.member("fits", memory.step.does_not_fit.empty()).key("ranks").begin_array();
  for (std::size_t r = 0; r < memory.ranks.size(); ++r) {
    const MemoryCurve& curve = memory.ranks[r];
    const MemoryPoint& peak = curve.points[curve.peak];
    json.begin_object().member("rank", r).member("always_bytes", curve.points.front().used.base());
    json.member("peak_bytes", peak.used.base()).member("peak_at_s", seconds_of(peak.at.time_since_epoch()));
    json.key("in_flight_at_peak").begin_array();
    for (const auto& load : curve.held)
      json.begin_object().member("stage", load.stage).member("micro_batches", load.chunks).end_object();
    json.end_array().key("points").begin_array();
    for (const MemoryPoint& point : curve.points) {
      json.begin_object().member("at_s", seconds_of(point.at.time_since_epoch()));
      json.member("used_bytes", point.used.base()).member("micro_batches", point.micro_batches).end_object();
    }
    json.end_array().end_object();
  }
  return json.end_array().end_object().take();
}

}  // namespace foretrain::report
