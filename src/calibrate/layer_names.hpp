#pragma once
// The names of a measured layer's rows (docs/calibration.md): "mlp_f routed_down", "routed_down", "a & b".
// Left out: which ops a layer has.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "calibrate/measured.hpp"

namespace foretrain::calibrate {

struct LayerName {
  std::optional<std::size_t> part;  // of layer_parts; none: the name says no block
  std::vector<std::string> ops;
};

// Throws SpecError for a word that is nearly a block.
LayerName parse_layer_name(const Point& row);

// What is wrong with a row, where it stands.
std::vector<Diagnostic> mistake(const Point& row, std::string message, std::string hint = {});

}  // namespace foretrain::calibrate
