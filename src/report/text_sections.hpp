#pragma once
// The sections of the text report, in the order in which they are printed. Each ends with a line break, or is
// empty when it has nothing to say. Used by text.cpp, and path_rows by JSON too.

#include <string>
#include <string_view>
#include <vector>

#include "report/text.hpp"
#include "spec/scenario.hpp"
#include "study/outcome.hpp"

namespace foretrain::report {

struct PathRow {  // of a critical path; they add up to the unfolded step
  std::string_view name;
  Seconds time{};
  std::string_view meaning;
};
std::vector<PathRow> path_rows(const study::UnfoldOutcome& unfolded);

std::string header_section(const study::Outcome& outcome, const spec::Scenario& scenario);
std::string answer_section(const study::Outcome& outcome);
std::string step_section(const study::Outcome& outcome, const spec::Scenario& scenario);
std::string stages_section(const study::Outcome& outcome);
std::string causes_section(const study::Outcome& outcome, Detail detail);
std::string unfold_section(const study::Outcome& outcome);
std::string memory_section(const study::Outcome& outcome);
std::string waterfall(const study::StageOutcome& stage, std::size_t rank);  // of memory
std::string uncertainty_section(const study::Outcome& outcome, Detail detail);
std::string notes_section(const study::Outcome& outcome, Detail detail);
std::string published_section(const study::Outcome& outcome);
std::string provenance_section(const study::Outcome& outcome, const spec::Scenario& scenario, Detail detail);

}  // namespace foretrain::report
