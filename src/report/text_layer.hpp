#pragma once
// A measured layer beside what a part says of it: by pass and by op, for people, as JSON and as a picture.

#include <string>

#include "calibrate/check_layer.hpp"

namespace foretrain::report {

std::string to_text(const calibrate::LayerCheck& check);
std::string to_json(const calibrate::LayerCheck& check);

// Predicted against measured time of each op, a colour for each block.
std::string layer_svg(const calibrate::LayerCheck& check);

}  // namespace foretrain::report
