#pragma once
// `foretrain explain`: every input with its origin, or with --ops what one GPU computes and what each op
// costs.

#include <iosfwd>
#include <optional>
#include <string>

#include "cli/scenario_options.hpp"

namespace foretrain::cli {

struct ExplainOptions {
  ScenarioOptions scenario;
  bool ops = false;
  std::optional<std::string> unit, phase, stage;  // of the op list
};

int explain(const ExplainOptions& options, std::ostream& out);

}  // namespace foretrain::cli
