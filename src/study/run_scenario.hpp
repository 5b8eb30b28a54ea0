#pragma once
// A published run as a scenario: model, GPU, cluster, layout, batch and software from its row and from what
// its set says beyond. Either all of it or the reason why not; nothing is guessed without being written down.
//
// Left out: runs of inference, GPUs without a part file, and features that no plan can state (a row names
// them under `features`).

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "study/run_library.hpp"

namespace foretrain::study {

struct RunScenario {
  spec::Scenario scenario;              // with one stage of one step
  std::vector<spec::Setting> settings;  // what the row, its set and the defaults gave
};

tl::expected<RunScenario, std::string> scenario_of_run(const spec::PublishedRuns& runs,
                                                       const spec::RunRow& row, const RunLibrary& library,
                                                       const std::string& software = "");

// "tp8 pp8 vpp3 cp2 ep8 dp1", sizes of one left out but dp; "?" for rows without a scenario.
std::string short_layout(const plan::PlanSpec& plan);

}  // namespace foretrain::study
