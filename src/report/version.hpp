#pragma once
// The program's version, which every report carries.

#include <string_view>

namespace foretrain::report {

std::string_view version();

}  // namespace foretrain::report
