#pragma once
// `foretrain validate trace`: a public trace beside what foretrain says of it.

#include <iosfwd>
#include <optional>
#include <string>

#include "cli/scenario_options.hpp"
#include "spec/trace_tables.hpp"

namespace foretrain::cli {

struct ValidateTraceOptions {
  ScenarioOptions scenario;
  std::optional<std::string> gpu;  // the same as cluster.gpu=PART among the changes
  spec::TraceFiles files;
  std::optional<std::string> plot_file;
  bool json = false;
};

// Always 0: a miss is a finding.
int validate_trace(const ValidateTraceOptions& options, std::ostream& out);

}  // namespace foretrain::cli
