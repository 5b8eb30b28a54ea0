// The step with every GPU by itself, beside the folded one, and the chain of work that it had to wait for.

#include <fmt/core.h>

#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/text_sections.hpp"

namespace foretrain::report {

namespace {

using study::UnfoldOutcome;

std::string unfolded_table(const std::vector<UnfoldOutcome>& all) {
  Table table{{left("stage"), right("folded, s"), right("unfolded, s"), right("difference"), right("GPUs"),
               right("simulated"), right("events")},
              {}};
  for (const auto& u : all) {
    if (!u.why_not.empty()) continue;
    const auto& r = u.result;
    table.add({u.stage, fixed(u.folded.base(), 3), fixed(r.step_time.base(), 3),
               error_text(r.step_time / u.folded - 1), whole(static_cast<double>(r.gpus)),
               whole(static_cast<double>(r.simulated)), count_text(static_cast<double>(r.events))});
  }
  std::string text = table.rows.empty() ? "" : to_text(table);
  for (const auto& u : all)
    if (!u.why_not.empty()) text += wrap(u.stage + " cannot be unfolded: " + u.why_not, "  ");
  return text;
}

std::string ranks_line(const UnfoldOutcome& u) {
  std::string text = "Of the path on each pipeline rank:";
  const double total = static_cast<double>(u.path.total().count());
  for (const auto time : u.path.by_rank)
    text += " " + percent_text(static_cast<double>(time.count()) / total);
  return text + ".";
}

std::string path_text(const UnfoldOutcome& u) {
  Table table{{left("part"), right("seconds"), right("share"), left("what it is")}, {}};
  for (const PathRow& row : path_rows(u))
    table.add({std::string(row.name), fixed(row.time.base(), 3), percent_text(row.time / u.result.step_time),
               std::string(row.meaning)});
  table.add_rule();
  table.add({"step", fixed(u.result.step_time.base(), 3), "", "the sum of the parts"});
  return fmt::format("THE CRITICAL PATH of {}: what the step had to wait for, from end to end\n", u.stage) +
         to_text(table) +
         wrap(fmt::format("GPU {} ended last. Waits are not on the path: who waits waits for another's work, "
                          "which is. Barriers handed it to another GPU {} times, messages {} times. {}",
                          u.last_gpu, whole(u.path.barriers), whole(u.path.messages), ranks_line(u)),
              "  ");
}

}  // namespace

std::vector<PathRow> path_rows(const UnfoldOutcome& u) {
  const auto& p = u.path;
  const auto row = [](std::string_view name, sim::Ticks time, std::string_view meaning) {
    return PathRow{name, sim::to_seconds(time), meaning};
  };
  using enum plan::Action;
  const auto priced = [&](plan::Action a) { return p.priced[static_cast<std::size_t>(a)]; };
  std::vector<PathRow> rows{
      row("forward", priced(forward), "compute of lone forwards, as priced alone"),
      row("backward", priced(backward) + priced(input_backward), "compute of lone backwards, likewise"),
      row("weight", priced(weight), "compute of weight gradients, likewise"),
      row("overlapped", priced(pair), "compute of a forward beside a backward, likewise")};
  sim::Ticks longer{};
  for (const auto time : p.longer) longer += time;
  // Signed: on GPUs with few rows compute may take less than at balanced load.
  rows.push_back({"longer", seconds(static_cast<double>(longer.count()) * 1e-9),
                  "what compute took beyond that: beside exchanges, uneven rows, jitter, slow chips"});
  rows.push_back(row("exchange", p.exchange, "dispatch and combine that no compute hid"));
  rows.push_back(row("barrier", p.barrier, "the notify before them, once the last GPU is there"));
  rows.push_back(row("messages", p.message, "activations and gradients on their way between stages"));
  rows.push_back(row("sending", p.sending, "a GPU that waits until its own messages have left"));
  rows.push_back({"end of step", u.result.end, "gradients reduced, weights updated, gathered"});
  return rows;
}

std::string unfold_section(const study::Outcome& outcome) {
  if (outcome.unfolded.empty()) return {};
  std::string text =
      "EVERY GPU BY ITSELF: the same step with each GPU's own chip, rows, jitter and faults\n" +
      unfolded_table(outcome.unfolded);
  for (const auto& u : outcome.unfolded)
    if (u.why_not.empty()) text += "\n" + path_text(u);
  return text;
}

}  // namespace foretrain::report
