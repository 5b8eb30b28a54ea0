#include "cli/validate_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iostream>

#include "base/diagnostic.hpp"
#include "cli/outputs.hpp"
#include "cli/progress.hpp"
#include "cli/scenario_options.hpp"
#include "cli/threads.hpp"
#include "report/file.hpp"
#include "report/text_runs.hpp"
#include "spec/run_keys.hpp"

namespace foretrain::cli {
namespace {

std::vector<std::string> set_ids(const spec::PublishedRuns& runs) {
  std::vector<std::string> ids;
  for (const auto& set : runs.sets) ids.push_back(set.id);
  return ids;
}

std::vector<std::string> row_ids(const spec::PublishedRuns& runs) {
  std::vector<std::string> ids;
  for (const auto& row : runs.rows) ids.push_back(row.id);
  return ids;
}

// --row names one of hundreds: the hint is the nearest, not the list.
const spec::RunRow& find_row(const spec::PublishedRuns& runs, const std::string& id) {
  for (const auto& row : runs.rows)
    if (row.id == id) return row;
  const auto near = nearest_name(id, row_ids(runs));
  throw SpecError({without_place(
      fmt::format("unknown row '{}'", id),
      near.empty() ? "rows are named by their id in the file" : fmt::format("did you mean '{}'?", near))});
}

// The keys of --by, each one that rows may have.
std::vector<std::string> known_keys(const std::vector<std::string>& typed) {
  for (const auto& key : typed) {
    const auto kind = spec::kind_of_run_key(key);
    if (kind != spec::RunKeyKind::unknown && kind != spec::RunKeyKind::remark) continue;
    const auto near = spec::nearest_run_key(key);
    throw SpecError({without_place(fmt::format("--by '{}' is not a key of rows", key),
                                   near.empty() ? "for example --by gpu, --by release or --by precision"
                                                : fmt::format("did you mean '{}'?", near))});
  }
  return typed;
}

}  // namespace

int validate_runs(const ValidateRunsOptions& options, std::ostream& out) {
  check_outputs({{"--plot", options.plot_file}}, options.files);
  const spec::PublishedRuns runs = spec::load_runs(options.files);
  study::RunsOptions chosen;
  chosen.threads = thread_count(options.threads);
  chosen.by = known_keys(options.by);
  chosen.software = options.software.value_or("");
  if (options.only) chosen.only = set_ids(runs)[find_name("set", *options.only, set_ids(runs))];
  const auto library = study::load_library(options.library, runs, chosen.software);
  if (!chosen.software.empty() && !library.software.contains(chosen.software))
    throw SpecError({without_place(
        fmt::format("no software profile '{}' under {}/models/software", chosen.software, options.library))});
  if (options.row) {
    const auto detail = study::look_at_run(runs, find_row(runs, *options.row), library, chosen.software);
    out << report::to_text(detail);
    return 0;
  }
  const Progress progress(fmt::format("predicting {} runs", runs.rows.size()));
  const std::clock_t before = std::clock();
  const auto check = study::validate_runs(runs, library, chosen);
  if (options.stats)
    std::cerr << fmt::format("{} rows in {:.2f} CPU-seconds\n", check.rows.size(),
                             double(std::clock() - before) / CLOCKS_PER_SEC);
  if (options.plot_file) report::write_file(*options.plot_file, report::runs_svg(check));
  out << (options.json ? report::to_json(check) : report::to_text(check, runs, {.rows = !options.sets_only}));
  return 0;
}

}  // namespace foretrain::cli
