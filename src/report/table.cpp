#include "report/table.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace foretrain::report {

namespace {

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths;
  for (const Column& column : table.columns) widths.push_back(column.title.size());
  for (const auto& row : table.rows) {
    check(row.size() <= widths.size(), "a table row has more cells than the table has columns");
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  return widths;
}

std::string without_trailing_blanks(std::string line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

std::string line_of(const Table& table, const std::vector<std::size_t>& widths,
                    const std::vector<std::string>& cells, std::size_t indent) {
  constexpr std::size_t least_width = 20;  // narrower paragraphs are worse than a long line
  std::string line(indent, ' ');
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += "  ";
    const bool is_left = table.columns[i].align == Column::Align::left;
    const bool too_long = line.size() + cells[i].size() > page_width;
    if (table.wrap_last && is_left && too_long && i + 1 == widths.size() &&
        line.size() + least_width <= page_width) {
      return wrap(cells[i], line);
    }
    const std::string padding(widths[i] - cells[i].size(), ' ');
    line += is_left ? cells[i] + padding : padding + cells[i];
  }
  return without_trailing_blanks(std::move(line));
}

}  // namespace

std::string to_text(const Table& table, std::size_t indent) {
  const std::vector<std::size_t> widths = widths_of(table);
  std::size_t width = 0;
  for (const std::size_t w : widths) width += w + (width > 0 ? 2 : 0);
  if (table.wrap_last) width = std::min(width, page_width - std::min(page_width, indent));
  std::string text;
  std::vector<std::string> titles;
  for (const Column& column : table.columns) titles.push_back(column.title);
  const auto untitled = [](const std::string& title) { return title.empty(); };
  if (!std::all_of(titles.begin(), titles.end(), untitled)) text += line_of(table, widths, titles, indent);
  for (const auto& row : table.rows) {
    if (row.empty())
      text += std::string(indent, ' ') + std::string(width, '-') + "\n";
    else
      text += line_of(table, widths, row, indent);
  }
  return text;
}

std::string wrap(const std::string& text, const std::string& first, std::size_t width) {
  const std::string rest(first.size(), ' ');
  std::string result, line = first;
  bool fresh = true;  // nothing but the indent stands on the line
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(" \n", at);
    if (begin == std::string::npos) break;
    const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!fresh && line.size() + 1 + word.size() > width) {
      result += line + "\n";
      line = rest;
      fresh = true;
    }
    line += (fresh ? "" : " ") + word;
    fresh = false;
    at = end;
  }
  return result + line + "\n";
}

}  // namespace foretrain::report
