#pragma once
// One row of a result file. The first mistake of a row is reported and the row dropped.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calibrate/measured.hpp"
#include "spec/csv.hpp"

namespace foretrain::calibrate {

const std::vector<std::string>& column_names();

std::optional<Point> read_row(spec::Context& context, const spec::CsvTable& table, std::size_t row,
                              const Device& device);

// A finite number of zero or more without unit; nothing for any other text.
std::optional<double> plain_number(std::string_view text);

}  // namespace foretrain::calibrate
