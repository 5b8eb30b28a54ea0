#include "report/text.hpp"

#include "report/table.hpp"
#include "report/text_sections.hpp"

namespace foretrain::report {

namespace {

std::string infeasible_text(const study::Outcome& outcome) {
  std::string text = outcome.scenario + " cannot run as planned:\n";
  for (const std::string& reason : outcome.infeasible) text += wrap(reason, "  - ");
  for (const study::StageOutcome& stage : outcome.stages) {
    for (std::size_t rank = 0; rank < stage.memory.size(); ++rank) {
      if (stage.memory[rank].total <= stage.memory[rank].limit) continue;
      return text + "\n" + waterfall(stage, rank);
    }
  }
  return text;
}

}  // namespace

std::string to_text(const study::Outcome& outcome, const spec::Scenario& scenario, Detail detail) {
  if (!outcome.infeasible.empty()) return infeasible_text(outcome);
  std::string text = header_section(outcome, scenario);
  for (const std::string& section :
       {answer_section(outcome), step_section(outcome, scenario), stages_section(outcome),
        causes_section(outcome, detail), unfold_section(outcome), memory_section(outcome),
        uncertainty_section(outcome, detail), published_section(outcome), notes_section(outcome, detail),
        provenance_section(outcome, scenario, detail)}) {
    if (!section.empty()) text += "\n" + section;
  }
  return text;
}

}  // namespace foretrain::report
