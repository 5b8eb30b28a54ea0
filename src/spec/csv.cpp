#include "spec/csv.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.hpp"
#include "spec/text_file.hpp"

namespace foretrain::spec {
namespace {

std::vector<std::string> cut(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t begin = 0;
  for (std::size_t comma; (comma = line.find(',', begin)) != std::string::npos; begin = comma + 1)
    cells.push_back(line.substr(begin, comma - begin));
  cells.push_back(line.substr(begin));
  return cells;
}

std::optional<double> as_number(const std::string& cell) {
  double value = 0;
  const char* const end = cell.data() + cell.size();
  const auto [stop, failure] = std::from_chars(cell.data(), end, value);
  if (failure != std::errc{} || stop != end || !std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

bool has_columns(Context& context, const CsvTable& table, Where header,
                 const std::vector<std::string>& required) {
  std::vector<std::string> unknown;  // one of these may be a column whose name was mistyped
  for (const std::string& name : table.names)
    if (std::find(required.begin(), required.end(), name) == required.end()) unknown.push_back(name);
  bool good = true;
  for (std::size_t i = 1; i < table.names.size(); ++i) {
    const auto end = table.names.begin() + static_cast<std::ptrdiff_t>(i);
    if (table.names[i].empty() || std::find(table.names.begin(), end, table.names[i]) == end) continue;
    context.error(header, fmt::format("two columns are called '{}'", table.names[i]));
    good = false;
  }
  for (const std::string& name : required) {
    if (table.has(name)) continue;
    const std::string near = nearest_name(name, unknown);
    context.error(header, fmt::format("column '{}' is missing", name),
                  near.empty() ? "" : fmt::format("is it '{}'?", near));
    good = false;
  }
  return good;
}

}  // namespace

bool CsvTable::has(const std::string& name) const {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const std::string& CsvTable::text(std::size_t row, const std::string& name) const {
  const auto column = std::find(names.begin(), names.end(), name);
  check(column != names.end(), "the column was required when the table was read");
  return rows[row][static_cast<std::size_t>(column - names.begin())];
}

Where CsvTable::where(std::size_t row, const std::string& name) const {
  std::size_t column = 1;
  for (std::size_t i = 0; i < names.size() && names[i] != name; ++i) column += rows[row][i].size() + 1;
  return {file, lines[row], static_cast<int>(column)};
}

double CsvTable::number(Context& context, std::size_t row, const std::string& name) const {
  const auto value = as_number(text(row, name));
  if (!value)
    context.error(where(row, name),
                  fmt::format("'{}' in column '{}' is not a number of zero or more", text(row, name), name));
  return value.value_or(0);
}

std::int64_t CsvTable::whole(Context& context, std::size_t row, const std::string& name) const {
  constexpr double most = 1e15;  // counts of a trace; a double holds them exactly
  const double value = number(context, row, name);
  if (value <= most && value == std::floor(value)) return static_cast<std::int64_t>(value);
  context.error(where(row, name), fmt::format("'{}' in column '{}' is not a count", text(row, name), name));
  return 0;
}

std::optional<CsvTable> read_csv(Context& context, const std::string& path,
                                 const std::vector<std::string>& required, Where asked_from) {
  const auto read = read_text(context, path, asked_from, FileKind::table);
  if (!read) return std::nullopt;
  CsvTable table{.file = read->file, .names = {}, .rows = {}, .lines = {}};
  const std::vector<std::string> lines = context.text_of(read->file).lines;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty() || lines[i].front() == '#') continue;
    const int line = static_cast<int>(i) + 1;
    auto cells = cut(lines[i]);
    if (table.names.empty()) {
      table.names = std::move(cells);
      if (!has_columns(context, table, {read->file, line, 1}, required)) return std::nullopt;
    } else if (cells.size() != table.names.size()) {
      context.error({read->file, line, 1},
                    fmt::format("{} cells where {} columns are named", cells.size(), table.names.size()));
    } else {
      table.rows.push_back(std::move(cells));
      table.lines.push_back(line);
    }
  }
  if (!table.rows.empty()) return table;
  context.error({read->file, 0, 0}, "the table holds no rows");
  return std::nullopt;
}

}  // namespace foretrain::spec
