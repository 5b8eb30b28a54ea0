// Why a step takes its time, and how sure that is.

#include <fmt/core.h>

#include <algorithm>

#include "report/numbers.hpp"
#include "report/table.hpp"
#include "report/text_sections.hpp"

namespace foretrain::report {

std::string causes_section(const study::Outcome& outcome, Detail detail) {
  if (!outcome.causes || outcome.causes->empty() || outcome.stages.empty()) return {};
  const Seconds step = outcome.stages.front().step.step_time;
  std::vector<study::Cause> causes = *outcome.causes;
  std::stable_sort(causes.begin(), causes.end(),
                   [](const auto& a, const auto& b) { return a.share > b.share; });
  Table table{{left("cause"), right("costs, s"), right("of the step"), left("the experiment")}, {}};
  constexpr double least = 0.005;  // of the step, to be worth a line of a brief report
  for (const study::Cause& c : causes) {
    if (detail == Detail::brief && c.share < step * least) continue;
    table.add({c.name, fixed(c.share.base(), 3), percent_text(c.share / step), c.how});
  }
  const std::size_t rest = causes.size() - table.rows.size();
  const std::string more =
      rest == 0 ? "" : fmt::format("  And {} more, each below {} of the step.", rest, percent_text(least));
  return "WHERE THE SECONDS GO: how much shorter the step is when one cause alone is switched off\n" +
         to_text(table) + more + (more.empty() ? " " : "") + " Causes overlap, so they do not add up.\n";
}

std::string uncertainty_section(const study::Outcome& outcome, Detail detail) {
  if (!outcome.interval || outcome.interval->contributions.empty()) return {};
  const auto& all = outcome.interval->contributions;
  constexpr std::size_t shown = 5;
  const bool full = detail == Detail::full;
  Table table{{left("input"), right("spread"), right("moves the step"),
               left(full ? "where the spread comes from" : "")},
              {}};
  for (std::size_t i = 0; i < std::min(full ? all.size() : shown, all.size()); ++i) {
    table.add({all[i].input, "+-" + percent_text(all[i].spread), error_text(all[i].effect),
               full ? all[i].source : ""});
  }
  std::string text =
      "HOW SURE: the inputs that move the step most, each raised by its spread (one standard deviation)\n";
  text += to_text(table);
  if (all.size() > shown && !full)
    text += fmt::format("  And {} more, each of less effect.\n", all.size() - shown);
  const auto best =
      std::find_if(all.begin(), all.end(), [](const auto& c) { return !c.measurement.empty(); });
  if (best != all.end()) text += wrap(best->measurement, "  To measure first: ");
  return text;
}

}  // namespace foretrain::report
