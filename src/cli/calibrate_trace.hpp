#pragma once
// `foretrain import-trace`: a PyTorch-profiler trace becomes measured kernels, which `foretrain calibrate`
// fits curves to.

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "calibrate/measured.hpp"
#include "cli/parse.hpp"

namespace CLI {
class App;
}

namespace foretrain::cli {

struct ImportTraceOptions {
  std::string trace, rules, model;
  std::optional<std::string> tokens, expert, sequence;  // counts, as typed
  std::optional<std::string> rounds;                    // "0,2"; all if not given
  std::optional<std::string> state, output;
  bool allow_unnamed = false;
  bool ops = false;  // print every op's time by round too
};

// The trace's measurements; its tables go to `out`. Nothing when kernels have no name and that is not
// allowed.
std::optional<calibrate::Results> read_results(const ImportTraceOptions& options, std::ostream& out);

// Throws a SpecError where a result file or a curve could not say what was measured.
void expect_device(const calibrate::Results& results);

// The same, written to the output file. 1 when there is nothing.
int import_trace(const ImportTraceOptions& options, std::ostream& out);

// What reading a trace needs besides its files: --expert, --rounds and so on.
void add_trace_options(CLI::App& app, ImportTraceOptions& options);

void add_import_trace(CLI::App& app, Command& command);

}  // namespace foretrain::cli
