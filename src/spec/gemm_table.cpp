#include "spec/gemm_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "spec/text_file.hpp"

namespace foretrain::spec {
namespace {

constexpr std::string_view header = "m,n,k,efficiency";
using Row = std::array<double, 4>;

// A table has thousands of rows and is read with every scenario: no copies, one pass.
std::optional<Row> parse_row(std::string_view line) {
  Row row{};
  const char* at = line.data();
  const char* const end = at + line.size();
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0 && (at == end || *at++ != ',')) return std::nullopt;
    const auto [stop, failure] = std::from_chars(at, end, row[i]);
    if (failure != std::errc{} || !std::isfinite(row[i])) return std::nullopt;
    at = stop;
  }
  return at == end ? std::optional(row) : std::nullopt;
}

// True when the row may stand in a table; otherwise says why not.
bool judge_row(Context& context, const std::optional<Row>& row, std::string_view line, Where where) {
  if (!row)
    context.error(where, fmt::format("'{}' is no row of four numbers", line.substr(0, 60)),
                  fmt::format("columns: {}", header));
  else if ((*row)[0] < 1 || (*row)[1] < 1 || (*row)[2] < 1)
    context.error(where, "a GEMM's sizes are 1 or more");
  else if ((*row)[3] <= 0 || (*row)[3] > 1)
    context.error(where, fmt::format("efficiency {} is no share of the peak", (*row)[3]),
                  "more than 0, at most 1");
  else
    return true;
  return false;
}

struct Rows {
  std::vector<Row> rows;
  std::vector<int> lines;
};

// Nothing when the header is not there or a row is refused.
std::optional<Rows> read_rows(Context& context, const TextFile& file) {
  Rows read;
  bool named = false, good = true;
  int number = 0;
  for (std::size_t begin = 0; begin < file.text.size();) {
    const std::size_t stop = std::min(file.text.find('\n', begin), file.text.size());
    std::string_view line(file.text.data() + begin, stop - begin);
    begin = stop + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const Where where{file.file, number, 1};
    if (!named) {
      named = line == header;
      if (named) continue;
      context.error(where, "the first line must name the columns", fmt::format("write {}", header));
      return std::nullopt;
    }
    const auto row = parse_row(line);
    good = judge_row(context, row, line, where) && good;
    if (!row) continue;
    read.rows.push_back(*row);
    read.lines.push_back(number);
  }
  if (good && read.rows.empty()) context.error({file.file, 0, 0}, "the table holds no rows");
  return good && !read.rows.empty() ? std::optional(std::move(read)) : std::nullopt;
}

std::vector<double> axis_of(const std::vector<Row>& rows, std::size_t column) {
  std::vector<double> axis;
  for (const Row& row : rows) {  // few different sizes: a sorted insertion beats sorting all rows
    const auto place = std::lower_bound(axis.begin(), axis.end(), row[column]);
    if (place == axis.end() || *place != row[column]) axis.insert(place, row[column]);
  }
  return axis;
}

std::size_t place_on(const std::vector<double>& axis, double size) {
  return static_cast<std::size_t>(std::lower_bound(axis.begin(), axis.end(), size) - axis.begin());
}

void report_missing(Context& context, const hardware::GemmGrid& grid, std::size_t index, Where where) {
  const auto k = index % grid.k.size(), n = index / grid.k.size() % grid.n.size();
  const auto m = index / grid.k.size() / grid.n.size();
  context.error(where, fmt::format("the grid lacks m {}, n {}, k {}", grid.m[m], grid.n[n], grid.k[k]),
                "every m needs every n and every k");
}

}  // namespace

std::optional<hardware::GemmGrid> read_gemm_table(Context& context, const std::string& path,
                                                  Where asked_from) {
  const auto file = read_text(context, path, asked_from, FileKind::table);
  if (!file) return std::nullopt;
  const auto read = read_rows(context, *file);
  if (!read) return std::nullopt;
  hardware::GemmGrid grid{path, axis_of(read->rows, 0), axis_of(read->rows, 1), axis_of(read->rows, 2), {}};
  const std::size_t points = grid.m.size() * grid.n.size() * grid.k.size();
  if (points > 4 * read->rows.size()) {
    context.error({file->file, 0, 0},
                  fmt::format("{} rows for a grid of {} points", read->rows.size(), points),
                  "every m needs every n and every k");
    return std::nullopt;
  }
  constexpr double missing = 1;  // logarithms of shares are at most 0
  grid.logarithms.assign(points, missing);
  for (std::size_t i = 0; i < read->rows.size(); ++i) {
    const Row& row = read->rows[i];
    auto& slot = grid.logarithms[(place_on(grid.m, row[0]) * grid.n.size() + place_on(grid.n, row[1])) *
                                     grid.k.size() +
                                 place_on(grid.k, row[2])];
    if (slot != missing)
      context.error({file->file, read->lines[i], 1},
                    fmt::format("m {}, n {}, k {} stands here twice", row[0], row[1], row[2]));
    slot = std::log(row[3]);
  }
  const auto gap = std::find(grid.logarithms.begin(), grid.logarithms.end(), missing);
  if (gap == grid.logarithms.end()) return grid;
  report_missing(context, grid, static_cast<std::size_t>(gap - grid.logarithms.begin()), {file->file, 0, 0});
  return std::nullopt;
}

}  // namespace foretrain::spec
