#include "cli/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

#include "base/check.hpp"
#include "base/words.hpp"
#include "cluster/pipeline_metrics.hpp"
#include "report/file.hpp"
#include "report/gantt_svg.hpp"
#include "report/gantt_text.hpp"
#include "report/json.hpp"
#include "report/milliseconds.hpp"

namespace foretrain::cli {
namespace {

using cluster::RankMetrics;
using plan::Schedule;
using report::milliseconds_text;
using report::seconds_of;
using sim::Ticks;

struct ScheduleRun {
  plan::Program program;
  cluster::Timeline timeline;
  std::vector<RankMetrics> ranks;
  Ticks makespan{}, ideal{}, published{};
  std::string published_limit;
};

ScheduleRun simulate(const ScheduleOptions& o) {
  ScheduleRun r;
  r.program = plan::list_program(o.schedule, o.stages, o.micro_batches, o.virtual_stages);
  const std::vector<std::string> faults = plan::verify(
      r.program, plan::activation_limit(o.schedule, o.stages, o.micro_batches, o.virtual_stages));
  check(faults.empty(), faults.empty() ? "" : faults.front());
  r.timeline = cluster::simulate(r.program, cluster::list_times(r.program, o.times), o.p2p);
  r.ranks = cluster::measure(r.program, r.timeline);
  r.makespan = r.timeline.makespan.time_since_epoch();
  for (const RankMetrics& m : r.ranks) r.ideal = std::max(r.ideal, m.busy);
  r.published = cluster::published_bubble(o.schedule, o.stages, o.times, o.virtual_stages);
  r.published_limit = cluster::published_bubble_limit(o.schedule, o.stages, o.micro_batches, o.times, o.p2p);
  return r;
}

const char* formula_of(Schedule s) {
  switch (s) {
    case Schedule::one_f_one_b:
    case Schedule::gpipe:
      return "(P-1)(F+B)";
    case Schedule::interleaved:
      return "(P/v-1)(F+B)";
    case Schedule::zb1p:
      return "(P-1)(F+B-2W)";
    case Schedule::dualpipe:
    case Schedule::dualpipe_v:
      return "(P/2-1)(F&B+B-3W)";
  }
  return "";
}

// The stages that live on each rank, in order.
std::vector<std::vector<std::int32_t>> stages_of(const plan::Program& program) {
  std::vector<std::vector<std::int32_t>> stages(program.per_rank.size());
  for (const auto& direction : program.rank_of)
    for (std::size_t s = 0; s < direction.size(); ++s)
      stages[static_cast<std::size_t>(direction[s])].push_back(static_cast<std::int32_t>(s));
  for (auto& list : stages) std::sort(list.begin(), list.end());
  return stages;
}

std::string title_of(const ScheduleOptions& o, const ScheduleRun& r) {
  return fmt::format("{}: {} {} on {} {}, {} {}", plan::name_of(o.schedule), o.stages,
                     plural(o.stages, "stage", "stages"), r.program.ranks,
                     plural(r.program.ranks, "rank", "ranks"), o.micro_batches,
                     plural(o.micro_batches, "micro-batch", "micro-batches"));
}

std::string input_text(const ScheduleOptions& o) {
  const cluster::UniformTimes& t = o.times;
  std::string text =
      fmt::format("F {} ms, B {} ms", milliseconds_text(t.forward), milliseconds_text(t.backward));
  if (plan::splits_backward(o.schedule))
    text +=
        fmt::format(" (I {} + W {})", milliseconds_text(t.backward - t.weight), milliseconds_text(t.weight));
  if (o.schedule == Schedule::dualpipe || o.schedule == Schedule::dualpipe_v)
    text += fmt::format(", F&B {} ms", milliseconds_text(t.pair));
  if (o.p2p.wire.count() == 0) return text + ", communication free";
  text += fmt::format(", a message {} ms", milliseconds_text(o.p2p.wire));
  if (o.p2p.port_shared) text += " alone on its rank's port";
  if (o.p2p.sender_waits) text += ", the next chunk waits for sends";
  return text;
}

std::string bubble_text(const ScheduleRun& r) {
  const auto shorter = [](const RankMetrics& a, const RankMetrics& b) { return a.bubble < b.bubble; };
  const auto [least, most] = std::minmax_element(r.ranks.begin(), r.ranks.end(), shorter);
  double sum = 0;
  for (const RankMetrics& m : r.ranks) sum += seconds_of(m.bubble);
  const double share = 100.0 * sum / static_cast<double>(r.ranks.size()) / seconds_of(r.makespan);
  const std::string low = milliseconds_text(least->bubble), high = milliseconds_text(most->bubble);
  return fmt::format("{} ms{}, {:.2f} % of the makespan", low == high ? low : low + " to " + high,
                     low == high ? " on every rank" : "", share);
}

std::string rank_table(const ScheduleRun& r) {
  const auto stages = stages_of(r.program);
  std::string text =
      fmt::format("{:>4}  {:>9}  {:>12}  {:>12}  {:>6}  {:>6}  {:>6}  {:>6}  {:>6}  {:>11}\n", "rank",
                  "stages", "bubble ms", "busy ms", "F", "B", "I", "W", "F&B", "activations");
  for (std::size_t rank = 0; rank < r.ranks.size(); ++rank) {
    const RankMetrics& m = r.ranks[rank];
    text += fmt::format("{:>4}  {:>9}  {:>12}  {:>12}  {:>6}  {:>6}  {:>6}  {:>6}  {:>6}  {:>11}\n", rank,
                        fmt::format("{}", fmt::join(stages[rank], " ")), milliseconds_text(m.bubble),
                        milliseconds_text(m.busy), m.counts[0], m.counts[1], m.counts[2], m.counts[3],
                        m.counts[4], m.peak_activations);
  }
  return text;
}

std::string schedule_text(const ScheduleOptions& o, const ScheduleRun& r) {
  std::string text = title_of(o, r) + "\n" + input_text(o) + "\n\n";
  text += fmt::format("makespan   {} ms\n", milliseconds_text(r.makespan));
  text += fmt::format("ideal      {} ms, the busiest rank without a wait\n", milliseconds_text(r.ideal));
  text += fmt::format("bubble     {}\n", bubble_text(r));
  text += fmt::format("published  {} ms = {}", milliseconds_text(r.published), formula_of(o.schedule));
  if (!r.published_limit.empty()) text += "; not exact here: " + r.published_limit;
  text += "\n\n" + rank_table(r);
  if (o.picture) text += "\n" + report::gantt_text(r.program, r.timeline);
  return text;
}

std::string json_of(const ScheduleOptions& o, const ScheduleRun& r) {
  constexpr std::array names{"forward", "backward", "input_backward", "weight", "pair"};
  const auto stages = stages_of(r.program);
  report::JsonWriter json;
  json.begin_object().member("schedule", plan::name_of(o.schedule)).member("stages", o.stages);
  if (o.virtual_stages > 1) json.member("virtual_stages", o.virtual_stages);
  json.member("micro_batches", o.micro_batches).key("input").begin_object();
  json.member("forward_s", seconds_of(o.times.forward)).member("backward_s", seconds_of(o.times.backward));
  json.member("weight_s", seconds_of(o.times.weight)).member("pair_s", seconds_of(o.times.pair));
  json.member("message_s", seconds_of(o.p2p.wire)).member("port_shared", o.p2p.port_shared);
  json.member("sender_waits", o.p2p.sender_waits).end_object();
  json.member("makespan_s", seconds_of(r.makespan)).member("ideal_s", seconds_of(r.ideal));
  json.member("published_bubble_s", seconds_of(r.published));
  json.member("published_bubble_exact", r.published_limit.empty());
  json.member("messages", r.timeline.messages_sent).key("ranks").begin_array();
  for (std::size_t rank = 0; rank < r.ranks.size(); ++rank) {
    const RankMetrics& m = r.ranks[rank];
    json.begin_object().member("rank", rank).key("stages").begin_array();
    for (const std::int32_t s : stages[rank]) json.value(s);
    json.end_array().member("bubble_s", seconds_of(m.bubble)).member("busy_s", seconds_of(m.busy));
    json.member("peak_activations", m.peak_activations).key("counts").begin_object();
    for (std::size_t a = 0; a < names.size(); ++a) json.member(names[a], m.counts[a]);
    json.end_object().key("busy_by_s").begin_object();
    for (std::size_t a = 0; a < names.size(); ++a) json.member(names[a], seconds_of(m.busy_by[a]));
    json.end_object().end_object();
  }
  return json.end_array().end_object().take();
}

}  // namespace

int run_schedule(const ScheduleOptions& options, std::ostream& out) {
  const ScheduleRun outcome = simulate(options);
  if (!options.svg_file.empty()) {
    const std::string title = title_of(options, outcome) + "; " + input_text(options);
    report::write_file(options.svg_file, report::gantt_svg(outcome.program, outcome.timeline, title));
  }
  out << (options.json ? json_of(options, outcome) : schedule_text(options, outcome));
  return 0;
}

}  // namespace foretrain::cli
