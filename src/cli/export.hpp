#pragma once
// `foretrain export`: one step of a stage for other simulators, as Chakra traces or in GOAL. What would be
// written is counted first, and refused where it is more than people mean.

#include <iosfwd>
#include <optional>
#include <string>

#include "cli/scenario_options.hpp"

namespace foretrain::cli {

struct ExportText {  // as typed
  ScenarioOptions scenario;
  std::optional<std::string> chakra, goal;  // folder, file
  std::optional<std::string> stage, ranks, level, micro_batches, time_unit;
  bool force = false, json = false;
};

// 0, or 1 when the stage cannot run.
int export_step(const ExportText& text, std::ostream& out);

}  // namespace foretrain::cli
