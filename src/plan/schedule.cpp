#include "plan/schedule.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/check.hpp"
#include "plan/schedules/schedules.hpp"

namespace foretrain::plan {
namespace {

constexpr std::array schedule_name{std::string_view{"1f1b"},     std::string_view{"zb1p"},
                                   std::string_view{"dualpipe"}, std::string_view{"dualpipe-v"},
                                   std::string_view{"gpipe"},    std::string_view{"interleaved"}};

bool bidirectional(Schedule s) {
  return s == Schedule::dualpipe || s == Schedule::dualpipe_v;
}

// DualPipe's main part must run at least once on the outermost rank, each way; an interleaved chunk takes a
// micro-batch for each rank before the rank turns to its next one.
std::int64_t fewest(Schedule s, std::int64_t stages, std::int64_t virtual_stages) {
  if (s == Schedule::interleaved) return stages / virtual_stages;
  return s == Schedule::dualpipe ? 2 * stages : s == Schedule::dualpipe_v ? stages : 1;
}

// Why these stages cannot be laid over ranks; empty when they can.
std::string fault_of_stages(Schedule schedule, std::int64_t stages, std::int64_t virtual_stages) {
  if (stages < 1) return fmt::format("a pipeline needs at least 1 stage, not {}", stages);
  if (bidirectional(schedule) && stages % 2 != 0)
    return fmt::format("{} folds its stages in two halves: {} stages is not an even number",
                       name_of(schedule), stages);
  if (schedule != Schedule::interleaved)
    return virtual_stages == 1 ? ""
                               : fmt::format("{} has no virtual stages, only interleaved has; there are {}",
                                             name_of(schedule), virtual_stages);
  if (virtual_stages < 2)
    return fmt::format("interleaved needs at least 2 virtual stages a rank, not {}", virtual_stages);
  if (stages % virtual_stages != 0)
    return fmt::format("interleaved spreads {} stages over ranks of {} each: there is a remainder of {}",
                       stages, virtual_stages, stages % virtual_stages);
  return {};
}

}  // namespace

std::string_view name_of(Schedule s) {
  return schedule_name[static_cast<std::size_t>(s)];
}

std::vector<std::string> schedule_names() {
  return {schedule_name.begin(), schedule_name.end()};
}

std::optional<Schedule> schedule_named(std::string_view name) {
  if (name == "zb-h1") return Schedule::zb1p;
  for (std::size_t i = 0; i < schedule_name.size(); ++i)
    if (schedule_name[i] == name) return static_cast<Schedule>(i);
  return std::nullopt;
}

bool splits_backward(Schedule schedule) {
  return schedule == Schedule::zb1p || bidirectional(schedule);
}

std::int64_t stages_per_rank(Schedule schedule, std::int64_t virtual_stages) {
  return schedule == Schedule::dualpipe_v ? 2 : schedule == Schedule::interleaved ? virtual_stages : 1;
}

std::string why_not(Schedule schedule, std::int64_t stages, std::int64_t micro_batches,
                    std::int64_t virtual_stages) {
  if (std::string reason = fault_of_stages(schedule, stages, virtual_stages); !reason.empty()) return reason;
  if (micro_batches < 1) return fmt::format("a step needs at least 1 micro-batch, not {}", micro_batches);
  if (schedule == Schedule::dualpipe && micro_batches % 2 != 0)
    return fmt::format("dualpipe sends half of its micro-batches each way: {} is not an even number",
                       micro_batches);
  if (const std::int64_t least = fewest(schedule, stages, virtual_stages); micro_batches < least)
    return fmt::format("{} over {} stages needs at least {} micro-batches, not {}", name_of(schedule), stages,
                       least, micro_batches);
  return {};
}

std::int64_t nearest_micro_batches(Schedule schedule, std::int64_t stages, std::int64_t micro_batches,
                                   std::int64_t virtual_stages) {
  if (!fault_of_stages(schedule, stages, virtual_stages).empty()) return 0;
  const std::int64_t even =
      schedule == Schedule::dualpipe ? micro_batches + micro_batches % 2 : micro_batches;
  return std::max(even, fewest(schedule, stages, virtual_stages));
}

Program list_program(Schedule schedule, std::int32_t stages, std::int32_t micro_batches,
                     std::int32_t virtual_stages) {
  const std::string fault = why_not(schedule, stages, micro_batches, virtual_stages);
  check(fault.empty(), fault);
  switch (schedule) {
    case Schedule::one_f_one_b:
      return schedules::one_f_one_b(stages, micro_batches);
    case Schedule::zb1p:
      return schedules::zb1p(stages, micro_batches);
    case Schedule::dualpipe:
      return schedules::dualpipe(stages, micro_batches);
    case Schedule::dualpipe_v:
      return schedules::dualpipe_v(stages, micro_batches);
    case Schedule::gpipe:
      return schedules::gpipe(stages, micro_batches);
    case Schedule::interleaved:
      return schedules::interleaved(stages, micro_batches, virtual_stages);
  }
  check(false, "no such schedule");
  return {};
}

std::int64_t activation_limit(Schedule schedule, std::int64_t stages, std::int64_t micro_batches,
                              std::int64_t virtual_stages) {
  if (schedule == Schedule::gpipe) return micro_batches;
  if (schedule != Schedule::interleaved) return bidirectional(schedule) ? stages + 1 : stages;
  const std::int64_t ranks = stages / virtual_stages;
  const std::int64_t group = schedules::interleaved_group(ranks, micro_batches);
  return std::min(2 * (ranks - 1) + (virtual_stages - 1) * group + 1, micro_batches * virtual_stages);
}

std::vector<std::int32_t> peak_activations(const Program& program) {
  std::vector<std::int32_t> peaks;
  for (const auto& list : program.per_rank) {
    std::int32_t held = 0, peak = 0;
    for (const Instruction& i : list) {
      if (i.action == Action::forward || i.action == Action::pair) peak = std::max(peak, ++held);
      if (i.action == Action::backward || i.action == Action::weight || i.action == Action::pair) --held;
    }
    peaks.push_back(peak);
  }
  return peaks;
}

std::string to_text(const Instruction& i) {
  const auto chunk = [](const char* what, std::int32_t stage, std::int32_t micro_batch) {
    return fmt::format("{} of stage {}, micro-batch {}", what, stage, micro_batch);
  };
  switch (i.action) {
    case Action::forward:
      return chunk("F", i.forward_stage, i.forward_micro_batch);
    case Action::backward:
      return chunk("B", i.backward_stage, i.backward_micro_batch);
    case Action::input_backward:
      return chunk("I", i.backward_stage, i.backward_micro_batch);
    case Action::weight:
      return chunk("W", i.backward_stage, i.backward_micro_batch);
    case Action::pair:
      return chunk("F", i.forward_stage, i.forward_micro_batch) + " with " +
             chunk("B", i.backward_stage, i.backward_micro_batch);
  }
  return "no action";
}

namespace schedules {

Program straight_pipeline(std::int32_t stages, std::int32_t micro_batches) {
  Program program;
  program.stages = program.ranks = stages;
  program.micro_batches = micro_batches;
  program.per_rank.resize(static_cast<std::size_t>(stages));
  program.rank_of.emplace_back(static_cast<std::size_t>(stages));
  std::iota(program.rank_of[0].begin(), program.rank_of[0].end(), 0);
  program.direction.assign(static_cast<std::size_t>(micro_batches), 0);
  return program;
}

Instruction forward(std::int32_t stage, std::int32_t micro_batch) {
  Instruction i;
  i.action = Action::forward;
  i.forward_stage = stage;
  i.forward_micro_batch = micro_batch;
  return i;
}

Instruction backward(std::int32_t stage, std::int32_t micro_batch, Action action) {
  Instruction i;
  i.action = action;
  i.backward_stage = stage;
  i.backward_micro_batch = micro_batch;
  return i;
}

}  // namespace schedules
}  // namespace foretrain::plan
