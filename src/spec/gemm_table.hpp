#pragma once
// Measured GEMM efficiencies from a table beside a GPU part: columns m, n, k and efficiency (share of the
// peak), one row for each point of a full grid, in any order. What is missing, doubled or out of range is
// told with its line.

#include <optional>
#include <string>

#include "hardware/gemm_grid.hpp"
#include "spec/context.hpp"

namespace foretrain::spec {

std::optional<hardware::GemmGrid> read_gemm_table(Context& context, const std::string& path,
                                                  Where asked_from);

}  // namespace foretrain::spec
