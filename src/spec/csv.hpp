#pragma once
// A table of measurements as text: comma-separated, '#' comments, the first other line names the columns.
// Left out: quoting, and commas inside a cell, which no table here needs. Mistakes are gathered in the
// context, each with its place.

#include <optional>
#include <string>
#include <vector>

#include "spec/context.hpp"

namespace foretrain::spec {

struct CsvTable {
  int file = -1;                               // index in the context
  std::vector<std::string> names;              // of the columns
  std::vector<std::vector<std::string>> rows;  // as many cells as names
  std::vector<int> lines;                      // of each row

  // Preconditions: the column is there (read_csv was told to require it).
  const std::string& text(std::size_t row, const std::string& name) const;
  // A finite number that is not negative; otherwise a mistake is reported and the answer is 0.
  double number(Context& context, std::size_t row, const std::string& name) const;
  std::int64_t whole(Context& context, std::size_t row, const std::string& name) const;
  bool has(const std::string& name) const;
  Where where(std::size_t row, const std::string& name) const;
};

// Nothing when the file cannot be read, lacks a column that is `required`, or holds no row; all rows whose
// cells are as many as the columns, and a mistake for each other one.
std::optional<CsvTable> read_csv(Context& context, const std::string& path,
                                 const std::vector<std::string>& required, Where asked_from = {});

}  // namespace foretrain::spec
