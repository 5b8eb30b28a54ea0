#pragma once
// `foretrain schedule`: any schedule with abstract chunk times, the same on every rank: how people learn the
// schedules, and how they are tested. Not here: chunk times of a real model; `foretrain run` computes those.

#include <iosfwd>
#include <optional>
#include <string>

#include "cluster/uniform.hpp"

namespace foretrain::cli {

// As typed, unread.
struct ScheduleText {
  std::optional<std::string> schedule, stages, micro_batches, f, b, w, fb, p2p, svg, virtual_stages = {};
  bool share_port = false, wait_sends = false, json = false, no_picture = false;
};

struct ScheduleOptions {
  plan::Schedule schedule{};
  std::int32_t stages = 1, micro_batches = 1, virtual_stages = 1;
  cluster::UniformTimes times;
  cluster::P2p p2p;
  bool json = false, picture = true;
  std::string svg_file;  // empty: none
};

// Throws a SpecError with every mistake found.
ScheduleOptions read_schedule_options(const ScheduleText& text);

// Returns the exit status. Writes the SVG first, so that a failure to do so prints nothing.
int run_schedule(const ScheduleOptions& options, std::ostream& out);

}  // namespace foretrain::cli
