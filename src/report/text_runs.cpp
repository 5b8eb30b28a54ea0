#include "report/text_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/numbers.hpp"
#include "report/runs_tables.hpp"
#include "report/table.hpp"

namespace foretrain::report {
namespace {

using study::RunCheck;
using study::RunsCheck;
using study::Verdict;

std::string figure(const std::optional<double>& value) {
  return value ? significant(*value) : "-";
}

// "measured 7.969 s, not expressed: no dimensions of model ...".
std::string without_error(const RunCheck& row) {
  const std::string measured =
      row.measured_s ? fmt::format("measured {} s, ", significant(*row.measured_s)) : "";
  return fmt::format("{}{}{}{}", measured, name_of(row.verdict), row.reason.empty() ? "" : ": ", row.reason);
}

std::string rows_section(const RunsCheck& check, const spec::PublishedRuns& runs) {
  std::string text;
  for (const auto& set : check.sets) {
    Table table{{left("run"), left("model"), right("GPUs"), left("layout"), right("measured, s"),
                 right("predicted, s"), right("error")},
                {}};
    std::string others;
    for (const RunCheck& row : check.rows) {
      if (row.set != set.id) continue;
      if (row.error)
        table.add({row.id, row.model, whole(static_cast<double>(row.gpus)), row.layout,
                   figure(row.measured_s), figure(row.predicted_s), error_text(*row.error)});
      else
        others += wrap(without_error(row), fmt::format("  {}  ", row.id));
    }
    std::string address;
    for (const auto& s : runs.sets)
      if (s.id == set.id)
        address = s.commit.empty() ? s.address : fmt::format("{} ({})", s.address, s.commit.substr(0, 8));
    text += wrap(fmt::format("{}: {}", set.id, set.title), "") + wrap(address, "  ");
    text += (table.rows.empty() ? "" : to_text(table)) + others + "\n";
  }
  return text;
}

std::string half_text(const study::ErrorStatistics& half) {
  return half.n == 0 ? "-" : percent_text(half.mean);
}

std::string sets_section(const RunsCheck& check) {
  Table table{
      {left("set"), right("rows"), right("n"), right("bias"), right("mean"), right("median"), right("p90"),
       right("max"), right("half A"), right("half B"), right("no fit"), right("not expr.")},
      {}};
  const auto add = [&](const std::string& name, std::size_t rows, const study::ErrorStatistics& e,
                       const std::string& a, const std::string& b, const std::string& large,
                       const std::string& none) {
    const bool any = e.n > 0;
    table.add({name, fmt::format("{}", rows), fmt::format("{}", e.n), any ? error_text(e.bias) : "-",
               any ? percent_text(e.mean) : "-", any ? percent_text(e.median) : "-",
               any ? percent_text(e.p90) : "-", any ? percent_text(e.worst) : "-", a, b, large, none});
  };
  std::size_t large = 0, none = 0;
  for (const auto& s : check.sets) {
    add(s.id, s.rows, s.all, half_text(s.first_half), half_text(s.second_half),
        fmt::format("{}", s.too_large), fmt::format("{}", s.inexpressible));
    large += s.too_large;
    none += s.inexpressible;
  }
  table.add_rule();
  add("all", check.rows.size(), check.all, "", "", fmt::format("{}", large), fmt::format("{}", none));
  return "SETS, error of the step time: predicted / measured - 1\n" + to_text(table) +
         wrap(
             "bias: mean of signed errors; mean, median, p90, max: of their sizes. Halves A and B: mean "
             "size, rows "
             "cut in two by a hash of their ids. no fit: measured, but predicted not to fit in memory.",
             "  ");
}

std::string parts_section(const RunsCheck& check) {
  if (check.by.empty()) return {};
  Table table{{left("set")}, {}};
  for (const auto& key : check.by) table.columns.push_back(left(key));
  for (const char* title : {"rows", "n", "bias", "mean", "median", "p90", "max", "no fit", "not expr."})
    table.columns.push_back(right(title));
  for (const auto& part : check.parts) {
    const auto& e = part.errors;
    std::vector<std::string> cells{part.set};
    cells.insert(cells.end(), part.values.begin(), part.values.end());
    cells.insert(cells.end(), {fmt::format("{}", part.rows), fmt::format("{}", e.n)});
    for (const double size : {e.mean, e.median, e.p90, e.worst})
      cells.push_back(e.n > 0 ? percent_text(size) : "-");
    cells.insert(cells.end() - 4, e.n > 0 ? error_text(e.bias) : "-");
    cells.insert(cells.end(), {fmt::format("{}", part.too_large), fmt::format("{}", part.inexpressible)});
    table.add(std::move(cells));
  }
  return fmt::format("PARTS of the sets by {}, as rows and settings of sets say it\n",
                     fmt::join(check.by, " and ")) +
         to_text(table) + "\n";
}

std::string residuals_section(const RunsCheck& check) {
  std::string text = "RESIDUALS by tensor and pipeline parallelism, model size, GPU and precision of GEMMs\n";
  Table table{{left("by"), left("range"), right("n"), right("bias"), right("mean size"), right("max")}, {}};
  for (const ResidualRow& row : residuals(check))
    table.add({row.by, row.range, fmt::format("{}", row.errors.n), error_text(row.errors.bias),
               percent_text(row.errors.mean), percent_text(row.errors.worst)});
  return text + to_text(table);
}

std::string worst_section(const RunsCheck& check) {
  Table table{{left("run"), left("model"), right("GPUs"), left("layout"), right("measured, s"),
               right("predicted, s"), right("error")},
              {}};
  for (const RunCheck* row : worst(check, 10))
    table.add({row->id, row->model, whole(static_cast<double>(row->gpus)), row->layout,
               figure(row->measured_s), figure(row->predicted_s), error_text(*row->error)});
  return "THE WORST TEN\n" + to_text(table);
}

std::string large_section(const RunsCheck& check) {
  Table table{{left("run"), left("model"), right("GPUs"), left("layout"), left("why")}, {}};
  for (const RunCheck& row : check.rows)
    if (row.verdict == Verdict::too_large)
      table.add({row.id, row.model, whole(static_cast<double>(row.gpus)), row.layout, row.reason});
  if (table.rows.empty()) return {};
  return "MEASURED, BUT PREDICTED NOT TO FIT IN MEMORY\n" + to_text(table) + "\n";
}

std::string reasons_section(const RunsCheck& check) {
  Table table{{right("rows"), left("of sets"), left("why")}, {}};
  for (const ReasonRow& row : reasons(check)) table.add({fmt::format("{}", row.count), row.sets, row.reason});
  if (table.rows.empty()) return {};
  return "NOT EXPRESSED, and so not predicted\n" + to_text(table) + "\n";
}

std::string campaign_section(const RunsCheck& check) {
  Table table{{left("run"), left("model"), right("GPUs"), left("layout"), right("published, GPU-h"),
               right("predicted, GPU-h"), right("error")},
              {}};
  for (const RunCheck& row : check.rows)
    if (row.predicted_gpu_hours)
      table.add({row.id, row.model, whole(static_cast<double>(row.gpus)), row.layout,
                 row.measured_gpu_hours ? gpu_hours_text(*row.measured_gpu_hours) : "-",
                 gpu_hours_text(*row.predicted_gpu_hours),
                 row.campaign_error ? error_text(*row.campaign_error) : "-"});
  if (table.rows.empty()) return {};
  return "WHOLE RUNS: tokens at the predicted step, without restarts or other losses\n" + to_text(table) +
         "\n";
}

std::string memory_section(const RunsCheck& check) {
  std::vector<double> errors;
  for (const RunCheck& row : check.rows)
    if (row.measured_peak_gib && row.predicted_peak_gib)
      errors.push_back(*row.predicted_peak_gib / *row.measured_peak_gib - 1);
  if (errors.empty()) return {};
  const auto e = study::statistics_of(errors);
  return wrap(fmt::format("PEAK MEMORY of {} rows that print it: bias {}, mean size {}, median {}, max {}.",
                          e.n, error_text(e.bias), percent_text(e.mean), percent_text(e.median),
                          percent_text(e.worst)),
              "") +
         "\n";
}

std::string coverage_text(const RunsCheck& check) {
  if (check.full == 0) return {};
  return wrap(
      fmt::format("COVERAGE: {} of the {} rows that say enough (repro: full) are expressed, {}.",
                  check.full_expressed, check.full,
                  percent_text(static_cast<double>(check.full_expressed) / static_cast<double>(check.full))),
      "");
}

std::string unread_text(const spec::PublishedRuns& runs) {
  std::string keys;
  for (const auto& [key, count] : runs.unread)
    keys += fmt::format("{}{} ({})", keys.empty() ? "" : ", ", key, count);
  return keys.empty() ? "" : wrap(fmt::format("Keys of rows that were not read: {}.", keys), "");
}

}  // namespace

std::string to_text(const RunsCheck& check, const spec::PublishedRuns& runs, const RunsDetail& detail) {
  std::string text =
      check.software.empty()
          ? ""
          : wrap(fmt::format("Every set predicted with the one software profile {}.", check.software), "") +
                "\n";
  if (detail.rows) text += rows_section(check, runs);
  text += sets_section(check) + "\n" + parts_section(check);
  if (check.all.n > 0) text += residuals_section(check) + "\n" + worst_section(check) + "\n";
  text += large_section(check) + campaign_section(check) + memory_section(check) + reasons_section(check);
  return text + coverage_text(check) + unread_text(runs);
}

}  // namespace foretrain::report
