#pragma once
// `foretrain validate RUNS...`: published runs, or a laboratory's own, beside what foretrain says of them.

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace foretrain::cli {

struct ValidateRunsOptions {
  std::vector<std::string> files;
  std::string library = ".";            // holds models/ and topologies/
  std::optional<std::string> software;  // one profile for every set
  std::optional<std::string> only;      // one set
  std::vector<std::string> by;          // keys of rows that cut the sets in parts
  std::optional<std::string> row;       // one row, with all that it was made of
  std::optional<std::string> threads;   // as typed; all cores if not given
  std::optional<std::string> plot_file;
  bool sets_only = false, json = false, stats = false;
};

// 0 when all was said, misses included.
int validate_runs(const ValidateRunsOptions& options, std::ostream& out);

}  // namespace foretrain::cli
