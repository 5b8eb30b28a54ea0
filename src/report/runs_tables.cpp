#include "report/runs_tables.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace foretrain::report {
namespace {

struct Range {
  const char* name;
  double most;  // the smallest range that holds a value counts
};

using Value = double (*)(const study::RunCheck&);

void add_residuals(const study::RunsCheck& check, const char* by, Value value,
                   const std::vector<Range>& ranges, std::vector<ResidualRow>& rows) {
  double above = 0;
  for (const Range& range : ranges) {
    std::vector<double> errors;
    for (const auto& row : check.rows)
      if (row.error && value(row) > above && value(row) <= range.most) errors.push_back(*row.error);
    above = range.most;
    if (!errors.empty()) rows.push_back({by, range.name, study::statistics_of(errors)});
  }
}

// One row for each text, in natural order; rows without one are left out.
void add_residuals(const study::RunsCheck& check, const char* by, std::string study::RunCheck::*text,
                   std::vector<ResidualRow>& rows) {
  std::map<std::string, std::vector<double>, decltype(&study::natural_less)> errors(&study::natural_less);
  for (const auto& row : check.rows)
    if (row.error && !(row.*text).empty()) errors[row.*text].push_back(*row.error);
  for (const auto& [value, found] : errors) rows.push_back({by, value, study::statistics_of(found)});
}

}  // namespace

std::vector<ResidualRow> residuals(const study::RunsCheck& check) {
  constexpr double any = 1e30;
  std::vector<ResidualRow> rows;
  const auto tensor = [](const study::RunCheck& row) { return static_cast<double>(row.tensor); };
  const auto pipeline = [](const study::RunCheck& row) { return static_cast<double>(row.pipeline); };
  const auto size = [](const study::RunCheck& row) { return row.parameters; };
  add_residuals(check, "tp", tensor, {{"1", 1}, {"2", 2}, {"3-4", 4}, {"5-8", 8}, {"over 8", any}}, rows);
  add_residuals(check, "pp", pipeline,
                {{"1", 1}, {"2", 2}, {"3-4", 4}, {"5-8", 8}, {"9-16", 16}, {"over 16", any}}, rows);
  add_residuals(
      check, "parameters", size,
      {{"to 3 B", 3e9}, {"to 20 B", 20e9}, {"to 100 B", 100e9}, {"to 300 B", 300e9}, {"over 300 B", any}},
      rows);
  add_residuals(check, "gpu", &study::RunCheck::gpu, rows);
  add_residuals(check, "GEMMs", &study::RunCheck::gemms, rows);
  return rows;
}

std::vector<const study::RunCheck*> worst(const study::RunsCheck& check, std::size_t most) {
  std::vector<const study::RunCheck*> rows;
  for (const auto& row : check.rows)
    if (row.error) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto* a, const auto* b) { return std::abs(*a->error) > std::abs(*b->error); });
  rows.resize(std::min(rows.size(), most));
  return rows;
}

std::vector<ReasonRow> reasons(const study::RunsCheck& check) {
  struct Group {
    std::size_t count = 0;
    std::map<std::string, std::size_t> sets;
  };
  std::map<std::string, Group> groups;
  for (const auto& row : check.rows) {
    if (row.verdict != study::Verdict::inexpressible && row.verdict != study::Verdict::not_measured) continue;
    auto& group = groups[row.reason];
    ++group.count;
    ++group.sets[row.set];
  }
  std::vector<ReasonRow> rows;
  for (const auto& [reason, group] : groups) {
    std::string sets;
    for (const auto& [set, count] : group.sets) sets += (sets.empty() ? "" : ", ") + set;
    rows.push_back({reason, sets, group.count});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  return rows;
}

}  // namespace foretrain::report
