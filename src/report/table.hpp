#pragma once
// A text table with aligned columns, and paragraphs that wrap: all the layout that reports need. Units stand
// in the column titles. Left out: colours, boxes, cells of several lines; widths count bytes, so cells are
// plain ASCII.

#include <string>
#include <vector>

namespace foretrain::report {

inline constexpr std::size_t page_width = 110;

struct Column {
  enum class Align { left, right };
  std::string title;
  Align align = Align::right;
};
inline Column left(std::string title) {
  return {std::move(title), Column::Align::left};
}
inline Column right(std::string title) {
  return {std::move(title), Column::Align::right};
}

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>>
      rows;  // an empty row is a line across; missing cells at the end are blank

  bool wrap_last = true;  // break a last, left-aligned cell into lines where it would leave the page

  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }
  void add_rule() { rows.emplace_back(); }
};

// Columns are two blanks apart, lines carry no trailing blanks; titles are left out when all are empty.
std::string to_text(const Table& table, std::size_t indent = 2);

// Breaks text at blanks so that no line is wider than the page; the first line starts with `first`, the
// others with as many blanks. A word longer than a line stands alone.
std::string wrap(const std::string& text, const std::string& first, std::size_t width = page_width);

}  // namespace foretrain::report
