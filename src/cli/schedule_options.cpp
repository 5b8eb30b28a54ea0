// From what was typed to what it means, with one diagnostic a mistake.

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/diagnostic.hpp"
#include "cli/option_faults.hpp"
#include "cli/schedule.hpp"
#include "spec/units_text.hpp"

namespace foretrain::cli {
namespace {

using plan::Schedule;

// What one simulation in one process can be asked for; a real pipeline is far below.
constexpr std::int64_t stages_most = 1024, micro_batches_most = 100'000, chunks_most = 10'000'000;
constexpr std::int64_t boxes_most = 200'000;  // of a picture that a browser still opens
constexpr double longest_s = 1000.0;

class ScheduleReading : public OptionFaults {
 public:
  bool missing(const char* option, const std::optional<std::string>& text, const char* example) {
    if (!text) fault(fmt::format("{} is missing", option), fmt::format("for example {} {}", option, example));
    return !text;
  }
  std::int32_t count(const char* option, const std::optional<std::string>& text, std::int64_t most,
                     const char* example) {
    if (missing(option, text, example)) return 0;
    const spec::Parsed<std::int64_t> number = spec::parse_integer(*text);
    if (number.ok && number.value >= 1 && number.value <= most)
      return static_cast<std::int32_t>(number.value);
    fault(fmt::format("{} {} is not a whole number from 1 to {}", option, spec::in_quotes(*text), most));
    return 0;
  }
  // Nothing when it cannot be read; the fault is noted.
  std::optional<sim::Ticks> time(const char* option, const std::string& text, double least_s) {
    const spec::Parsed<double> value = spec::parse_measure(text, spec::Measure::time);
    if (!value.ok) {
      fault(fmt::format("{}: {}", option, value.message), value.hint);
      return std::nullopt;
    }
    if (value.value >= least_s && value.value <= longest_s) return sim::to_ticks(seconds(value.value));
    fault(fmt::format("{} {} is not between {} and {} s", option, spec::in_quotes(text),
                      least_s > 0 ? "1 ns" : "0 s", longest_s));
    return std::nullopt;
  }
  std::optional<sim::Ticks> chunk(const char* option, const std::optional<std::string>& text,
                                  double least_s = 1e-9) {
    if (missing(option, text, "1ms")) return std::nullopt;
    return time(option, *text, least_s);
  }
};

std::optional<Schedule> read_schedule(ScheduleReading& reading, const std::optional<std::string>& text) {
  if (reading.missing("--schedule", text, "dualpipe")) return std::nullopt;
  if (const auto found = plan::schedule_named(*text); found) return found;
  const std::vector<std::string> names = plan::schedule_names();
  const std::string near = nearest_name(*text, names);
  reading.fault(
      fmt::format("--schedule {} is not a schedule", spec::in_quotes(*text)),
      near.empty() ? fmt::format("use {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near));
  return std::nullopt;
}

void read_times(ScheduleReading& reading, const ScheduleText& text, bool needs_weight,
                ScheduleOptions& options) {
  const auto f = reading.chunk("--f", text.f);
  const auto b = reading.chunk("--b", text.b);
  const auto w = text.w || needs_weight ? reading.chunk("--w", text.w, 0) : sim::Ticks{};
  const auto fb = text.fb ? reading.time("--fb", *text.fb, 1e-9) : std::nullopt;
  if (w && b && *w > *b)
    reading.fault(
        fmt::format("--w {} is longer than --b {}", spec::in_quotes(*text.w), spec::in_quotes(*text.b)),
        "--b is the full backward: input gradient and weight gradient");
  if (f && b && w) options.times = {*f, *b, *w, fb ? *fb : *f + *b};
  if (text.p2p) options.p2p.wire = reading.time("--p2p", *text.p2p, 0).value_or(sim::Ticks{});
  if (!text.p2p && text.share_port)
    reading.fault("--share-port has no messages to share with", "add --p2p TIME");
  if (!text.p2p && text.wait_sends)
    reading.fault("--wait-sends has no messages to wait for", "add --p2p TIME");
  options.p2p.port_shared = text.share_port;
  options.p2p.sender_waits = text.wait_sends;
}

// For stages that suit the schedule with no number of micro-batches.
std::string stages_hint(const ScheduleOptions& o) {
  if (o.schedule != Schedule::interleaved)
    return o.virtual_stages > 1 ? "leave --virtual out"
                                : fmt::format("the nearest is --stages {}", o.stages + 1);
  if (o.virtual_stages < 2) return "for example --virtual 2";
  return fmt::format("the nearest is --stages {}",
                     (o.stages + o.virtual_stages - 1) / o.virtual_stages * o.virtual_stages);
}

void check_together(ScheduleReading& reading, const ScheduleText& text, const ScheduleOptions& options) {
  const ScheduleOptions& o = options;
  const std::string reason = plan::why_not(o.schedule, o.stages, o.micro_batches, o.virtual_stages);
  if (!reason.empty()) {
    const std::int64_t near =
        plan::nearest_micro_batches(o.schedule, o.stages, o.micro_batches, o.virtual_stages);
    reading.fault(reason,
                  near == 0 ? stages_hint(o) : fmt::format("the nearest is --micro-batches {}", near));
    return;
  }
  const std::int64_t most_a_chunk = options.schedule == Schedule::zb1p ? 3 : 2;
  const std::int64_t chunks = most_a_chunk * options.stages * options.micro_batches;
  if (chunks > chunks_most)
    reading.fault(fmt::format("{} stages x {} micro-batches make {} chunks, more than {}", options.stages,
                              options.micro_batches, chunks, chunks_most),
                  fmt::format("use at most {} micro-batches", chunks_most / (most_a_chunk * options.stages)));
  else if (text.svg && chunks > boxes_most)
    reading.fault(fmt::format("--svg would draw up to {} chunks, more than {}", chunks, boxes_most),
                  "take fewer stages or micro-batches");
}

}  // namespace

ScheduleOptions read_schedule_options(const ScheduleText& text) {
  ScheduleReading reading;
  ScheduleOptions options;
  const std::optional<Schedule> schedule = read_schedule(reading, text.schedule);
  options.stages = reading.count("--stages", text.stages, stages_most, "8");
  options.micro_batches = reading.count("--micro-batches", text.micro_batches, micro_batches_most, "20");
  read_times(reading, text, !schedule || plan::splits_backward(*schedule), options);
  if (text.virtual_stages)
    options.virtual_stages = reading.count("--virtual", text.virtual_stages, stages_most, "2");
  if (schedule && options.stages > 0 && options.micro_batches > 0 && options.virtual_stages > 0) {
    options.schedule = *schedule;
    check_together(reading, text, options);
  }
  if (text.svg && text.svg->empty()) reading.fault("--svg needs the name of a file");
  reading.give_up_if_faulty();
  options.svg_file = text.svg.value_or("");
  options.json = text.json;
  options.picture = !text.no_picture;
  return options;
}

}  // namespace foretrain::cli
