#include "report/compare.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "base/check.hpp"
#include "report/numbers.hpp"
#include "report/rows.hpp"
#include "report/table.hpp"

namespace foretrain::report {

namespace {

using study::Outcome;
using study::StageOutcome;

// A line of the comparison: how to read the number from an outcome, and how to show it and its difference.
struct Line {
  std::string label;
  std::function<std::optional<double>(const Outcome&)> read;
  int decimals = 2;
  bool is_share = false;  // differences of shares are shown in points, not in percent of themselves
};

std::string letter(std::size_t i) {
  return i < 26 ? std::string(1, static_cast<char>('A' + i)) : std::to_string(i + 1);
}

double peak_memory(const StageOutcome& stage) {
  Bytes peak{};
  for (const plan::MemoryReport& m : stage.memory) peak = std::max(peak, m.total);
  return peak / one_gib;
}

// Of the stage of that name, or nothing.
Line stage_line(std::string label, const std::string& name,
                const std::function<double(const StageOutcome&)>& read, int decimals, bool is_share = false) {
  return {std::move(label),
          [name, read](const Outcome& o) -> std::optional<double> {
            for (const StageOutcome& s : o.stages) {
              if (s.name == name) return read(s);
            }
            return std::nullopt;
          },
          decimals, is_share};
}

// Hours and dollars in thousands where the run is large.
std::vector<Line> list_run_lines(const Outcome& first) {
  const bool large = first.total && first.total->gpu_hours >= 1e5;
  const double unit = large ? 1e3 : 1;
  const std::string k = large ? "K " : "";
  std::vector<Line> lines{
      {"whole run, days", [](const Outcome& o) { return o.total->duration.base() / 86400; }, 2, false},
      {"whole run, " + k + "GPU-hours", [unit](const Outcome& o) { return o.total->gpu_hours / unit; }, 1,
       false},
      {"whole run, " + k + "dollars", [unit](const Outcome& o) { return o.total->cost.base() / unit; }, 1,
       false},
  };
  for (const StageOutcome& s : first.stages) {
    if (first.stages.size() < 2) break;
    lines.push_back(stage_line(
        s.name + ", " + k + "GPU-hours", s.name, [unit](const StageOutcome& o) { return o.gpu_hours / unit; },
        1));
  }
  return lines;
}

std::vector<Line> list_lines(const Outcome& first) {
  std::vector<Line> lines = list_run_lines(first);
  if (first.stages.empty()) return lines;
  const std::string& name = first.stages.front().name;
  lines.push_back({"", nullptr});
  lines.push_back(stage_line(
      "step of " + name + ", s", name, [](const StageOutcome& s) { return s.step.step_time.base(); }, 3));
  for (const Row& row : step_rows) {
    const auto read = [row](const StageOutcome& o) { return (o.step.mean.*row.seconds).base(); };
    lines.push_back(stage_line(fmt::format("  {}, s", row.name), name, read, 3));
  }
  lines.push_back(stage_line(
      "  of it exposed communication, s", name,
      [](const StageOutcome& s) { return s.step.mean.exposed_communication.base(); }, 3));
  lines.push_back(stage_line(
      "TFLOPS a GPU, causal", name, [](const StageOutcome& s) { return s.tflops_causal; }, 1));
  lines.push_back(stage_line(
      "MFU causal, %", name, [](const StageOutcome& s) { return s.mfu_causal * 100; }, 1, true));
  lines.push_back(stage_line(
      "MFU full attention, %", name, [](const StageOutcome& s) { return s.mfu_noncausal * 100; }, 1, true));
  lines.push_back(stage_line(
      "billion tokens a day", name, [](const StageOutcome& s) { return s.tokens_per_day / 1e9; }, 1));
  lines.push_back(stage_line("memory of the fullest rank, GiB", name, peak_memory, 1));
  return lines;
}

// Beyond three times the base a percentage says little, and from nothing it says nothing: then the difference
// in the line's own unit.
std::string difference(double value, double base, const Line& line) {
  if (value == base) return line.is_share ? "+" + fixed(0, line.decimals) : base == 0 ? "" : error_text(0);
  const bool far = base == 0 || std::abs(value / base - 1) > 2;
  if (line.is_share || far) return (value < base ? "" : "+") + fixed(value - base, line.decimals);
  return error_text(value / base - 1);
}

// One table: the first outcome and those of [begin, end).
Table table_of(const std::vector<Outcome>& outcomes, const std::vector<Line>& lines, std::size_t begin,
               std::size_t end) {
  Table table{{left(""), right("A")}, {}};
  for (std::size_t i = begin; i < end; ++i) {
    table.columns.push_back(right(letter(i)));
    table.columns.push_back(right("to A"));
  }
  for (const Line& line : lines) {
    if (!line.read) {
      table.add_rule();
      continue;
    }
    const auto read = [&](const Outcome& o) { return o.infeasible.empty() ? line.read(o) : std::nullopt; };
    const std::optional<double> base = read(outcomes.front());
    std::vector<std::string> cells{line.label, base ? fixed(*base, line.decimals) : "-"};
    for (std::size_t i = begin; i < end; ++i) {
      const std::optional<double> value = read(outcomes[i]);
      cells.push_back(value ? fixed(*value, line.decimals) : "-");
      cells.push_back(value && base ? difference(*value, *base, line) : "");
    }
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace

std::string compare_text(const std::vector<std::string>& names, const std::vector<Outcome>& outcomes) {
  check(names.size() == outcomes.size() && !names.empty(), "a name for each compared outcome");
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += wrap(names[i], fmt::format("{}  ", letter(i)));
    for (const std::string& reason : outcomes[i].infeasible) text += wrap(reason, "   cannot run: ");
  }
  const auto complete =
      std::find_if(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return o.infeasible.empty(); });
  if (complete == outcomes.end()) return text;
  const std::vector<Line> lines = list_lines(*complete);
  constexpr std::size_t beside = 3;  // what fits on a page beside the first
  for (std::size_t begin = 1; begin < outcomes.size() || begin == 1; begin += beside) {
    text += "\n" + to_text(table_of(outcomes, lines, begin, std::min(outcomes.size(), begin + beside)));
  }
  return text;
}

}  // namespace foretrain::report
