#pragma once
// Several outcomes side by side, each with its difference to the first. Not here: why they differ (why.hpp).

#include <string>
#include <vector>

#include "study/outcome.hpp"

namespace foretrain::report {

// Precondition: as many names as outcomes, at least one.
std::string compare_text(const std::vector<std::string>& names, const std::vector<study::Outcome>& outcomes);

}  // namespace foretrain::report
