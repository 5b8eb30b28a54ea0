#pragma once
// A model as the file that a scenario includes. Reading the text gives the model back; keys at their default are
// left out. Not here: comments and formatting of a file that was read.

#include <string>
#include <vector>

#include "model/transformer.hpp"

namespace foretrain::report {

// `notes` become comments at the top, after a line with the parameter count.
std::string to_yaml(const model::TransformerSpec& spec, const std::vector<std::string>& notes = {});

}  // namespace foretrain::report
