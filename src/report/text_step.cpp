// The step: rows with published figures beside them, every pipeline rank, and the other stages in one line
// each.

#include <fmt/core.h>

#include "base/words.hpp"
#include "report/numbers.hpp"
#include "report/rows.hpp"
#include "report/table.hpp"
#include "report/text_sections.hpp"

namespace foretrain::report {

namespace {

using study::StageOutcome;

std::string seconds_cell(Seconds s) {
  return fixed(s.base(), 3);
}

// A published figure as it was published, not with our digits.
std::string published_cell(const study::Comparison* published) {
  return published != nullptr ? fmt::format("{}", published->figure.value) : "";
}

std::string error_cell(const study::Comparison* published) {
  return published != nullptr && published->predicted ? error_text(published->error) : "";
}

void add_row(Table& table, const study::Outcome& outcome, const StageOutcome& stage, const Row& row) {
  const Seconds value = stage.step.mean.*row.seconds;
  const study::Comparison* published =
      find_published(outcome, stage.name, fmt::format("breakdown.{}_s", row.name));
  table.add({title_of(row), seconds_cell(value), percent_text(value / stage.step.step_time),
             published_cell(published), error_cell(published), std::string(row.meaning)});
}

std::string rows_table(const study::Outcome& outcome, const StageOutcome& stage) {
  const study::Comparison* step = find_published(outcome, stage.name, "step_time_s");
  Table table{{left("row"), right("mean, s"), right("share"), right(step ? "published" : ""),
               right(step ? "error" : ""), left("what it is")},
              {}};
  for (const Row& row : step_rows) add_row(table, outcome, stage, row);
  table.add_rule();
  table.add({"step", seconds_cell(stage.step.step_time), "", published_cell(step), error_cell(step),
             step ? "published: " + step->figure.from.source : "the sum of the rows"});
  add_row(table, outcome, stage, exposed_row);
  return to_text(table);
}

// Equal neighbours share a line: "1-14".
std::string ranks_table(const StageOutcome& stage) {
  Table table{{left("rank")}, {}};
  for (const Row& row : step_rows) table.columns.push_back(right(std::string(row.label)));
  for (const char* title : {"step", "exposed", "chunks kept"}) table.columns.push_back(right(title));
  std::size_t first = 0;
  for (std::size_t r = 0; r < stage.step.ranks.size(); ++r) {
    const cluster::Breakdown& b = stage.step.ranks[r];
    std::vector<std::string> cells{""};
    for (const Row& row : step_rows) cells.push_back(seconds_cell(b.*row.seconds));
    cells.push_back(seconds_cell(sum_of(b)));
    cells.push_back(seconds_cell(b.exposed_communication));
    cells.push_back(r < stage.step.peak_in_flight.size() ? std::to_string(stage.step.peak_in_flight[r]) : "");
    const bool same = r > 0 && std::equal(cells.begin() + 1, cells.end(), table.rows.back().begin() + 1);
    if (!same) first = r;
    cells[0] = same ? fmt::format("{}-{}", first, r) : std::to_string(r);
    if (same)
      table.rows.back() = std::move(cells);
    else
      table.add(std::move(cells));
  }
  return "  Every pipeline rank, in seconds; chunks kept: most forward chunks whose activations wait for "
         "their backward\n" +
         to_text(table);
}

}  // namespace

std::string step_section(const study::Outcome& outcome, const spec::Scenario& scenario) {
  if (outcome.stages.empty()) return {};
  const StageOutcome& s = outcome.stages.front();
  const std::string packed = s.pieces.empty() ? ""
                                              : fmt::format(", of which attention spans {}",
                                                            whole(model::attended_tokens(s.pieces)));
  std::string text = fmt::format("THE STEP of {}: {} {} of {} tokens{}; {} {} a pipeline; {}\n", s.name,
                                 whole(double(s.batch)), plural(double(s.batch), "sequence", "sequences"),
                                 whole(double(s.sequence)), packed, s.step.micro_batches,
                                 plural(double(s.step.micro_batches), "micro-batch", "micro-batches"),
                                 plan::name_of(s.step.schedule));
  text += rows_table(outcome, s);
  text += wrap(
      fmt::format(
          "{} TFLOPS a GPU ({} MFU) counting causal attention, {} ({}) counting the full attention matrix; "
          "{} tokens a day. Model FLOPs: backward twice the forward, no recompute, no MTP{}; MFU of the BF16 "
          "peak, {} TFLOPS.",
          significant(s.tflops_causal), percent_text(s.mfu_causal), significant(s.tflops_noncausal),
          percent_text(s.mfu_noncausal), count_text(s.tokens_per_day),
          s.pieces.empty() ? "" : ", attention inside documents alone",
          significant(scenario.gpu.peak_bf16.value.base() / 1e12)),
      "  ");
  return text + "\n" + ranks_table(s);
}

std::string stages_section(const study::Outcome& outcome) {
  if (outcome.stages.size() < 2) return {};
  Table table{{left("stage"), left("schedule"), right("n")}, {}};
  for (const Row& row : step_rows) table.columns.push_back(right(std::string(row.label)));
  for (const char* title : {"step", "TFLOPS", "MFU"}) table.columns.push_back(right(title));
  for (const StageOutcome& s : outcome.stages) {
    std::vector<std::string> cells{s.name, std::string(plan::name_of(s.step.schedule)),
                                   std::to_string(s.step.micro_batches)};
    for (const Row& row : step_rows) cells.push_back(seconds_cell(s.step.mean.*row.seconds));
    cells.push_back(seconds_cell(s.step.step_time));
    cells.push_back(significant(s.tflops_causal, 3));
    cells.push_back(percent_text(s.mfu_causal));
    table.add(std::move(cells));
  }
  return "THE STEP of every stage, mean of the ranks in seconds; n: micro-batches; TFLOPS a GPU and MFU "
         "causal\n" +
         to_text(table);
}

}  // namespace foretrain::report
