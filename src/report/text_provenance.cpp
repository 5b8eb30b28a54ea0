// Where the inputs came from, in a few lines, and how to see more.

#include <fmt/core.h>

#include "base/words.hpp"
#include "report/numbers.hpp"
#include "report/rows.hpp"
#include "report/settings.hpp"
#include "report/table.hpp"
#include "report/text_sections.hpp"

namespace foretrain::report {

namespace {

struct Families {
  std::vector<std::string> measured, fitted, borrowed;
};

Families sort_families(const hardware::GpuSpec& gpu) {
  Families all;
  for (std::size_t i = 0; i < gpu.curves.size(); ++i) {
    if (!gpu.curves[i]) continue;
    const hardware::Curve& curve = *gpu.curves[i];
    const std::string name(family_names[i]);
    if (!curve.borrowed_from.empty())
      all.borrowed.push_back(name);
    else if (!curve.fitted_on.empty())
      all.fitted.push_back(name);
    else
      all.measured.push_back(name);
  }
  return all;
}

std::string families_line(const char* what, const std::vector<std::string>& families) {
  if (families.empty()) return {};
  return wrap(fmt::format("{} ({})", list_text(families), families.size()), fmt::format("  {:<26}", what));
}

}  // namespace

std::string provenance_section(const study::Outcome& outcome, const spec::Scenario& scenario, Detail detail) {
  const Families families = sort_families(scenario.gpu);
  const InputCount count = count_inputs(scenario);
  double assumptions = 0;
  for (const spec::StageSpec& s : scenario.stages) assumptions += double(s.assumptions.size());
  const bool full = detail == Detail::full;
  std::string text = "WHERE THE INPUTS COME FROM\n";
  if (full)
    text += families_line("measured on this GPU", families.measured) +
            families_line("fitted on a kernel trace", families.fitted) +
            families_line("borrowed from another GPU", families.borrowed);
  else
    text += wrap(fmt::format("Kernel families: {} measured on this GPU, {} fitted on a kernel trace, {} "
                             "borrowed from another GPU.",
                             families.measured.size(), families.fitted.size(), families.borrowed.size()),
                 "  ");
  text +=
      wrap(fmt::format("{} inputs: {} with a stated source, {} of the scenario's choice, {} by default, {} "
                       "set on the command line; {} {}{}.",
                       count.all, count.sourced, count.chosen(), count.defaulted, count.changed,
                       whole(assumptions), plural(assumptions, "assumption", "assumptions"),
                       full ? ", stated above" : ""),
           "  ");
  if (!full)
    text += fmt::format("  Assumptions, families, spreads: foretrain run {} --details\n", outcome.file);
  text += fmt::format("  Every value and its source:     foretrain explain {}\n", outcome.file);
  if (outcome.stages.empty()) return text;
  return text + fmt::format("  The kernels behind a row:       foretrain why {} {}\n", outcome.file,
                            largest_row(outcome.stages.front().step.mean).name);
}

}  // namespace foretrain::report
