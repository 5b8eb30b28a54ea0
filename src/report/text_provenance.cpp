// Where the inputs came from, in a few lines, and how to see more.

#include <fmt/format.h>

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

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string families_line(const char* what, const std::vector<std::string>& families) {
  if (families.empty()) return {};
  return wrap(fmt::format("{} ({})", join(families), families.size()), fmt::format("  {:<26}", what));
}

}  // namespace

std::string provenance_section(const study::Outcome& outcome, const spec::Scenario& scenario) {
  const Families families = sort_families(scenario.gpu);
  std::size_t all = 0, sourced = 0, defaulted = 0, changed = 0;
  for (const Input& input : list_inputs(scenario)) {
    if (input.key.rfind("published.", 0) == 0) continue;  // a target, not an input
    ++all;
    if (input.origin.rfind("--set", 0) == 0)
      ++changed;
    else if (!input.source.empty())
      ++sourced;
    else if (input.origin == "default")
      ++defaulted;
  }
  std::size_t assumptions = 0;
  for (const spec::StageSpec& s : scenario.stages) assumptions += s.assumptions.size();
  std::string text = "WHERE THE INPUTS COME FROM: kernel families by the origin of their speed\n";
  text += families_line("measured on this GPU", families.measured);
  text += families_line("fitted on a kernel trace", families.fitted);
  text += families_line("borrowed from another GPU", families.borrowed);
  text +=
      wrap(fmt::format(
               "{} inputs: {} with a stated source, {} choices of the scenario, {} defaults, {} set on the "
               "command line; {} assumptions stated above.",
               all, sourced, all - sourced - defaulted - changed, defaulted, changed, assumptions),
           "  ");
  text += fmt::format("  Every value and its source: foretrain explain {}\n", outcome.file);
  text += fmt::format("  The kernels behind a row:   foretrain why {} overlapped\n", outcome.file);
  return text;
}

}  // namespace foretrain::report
