#pragma once
// Files are written whole or not at all: into a new file in the same folder, which then takes the name. What
// is not a regular file (a pipe, /dev/null) is written to as it is. Not here: what is in them.

#include <string>
#include <string_view>

namespace foretrain::report {

// Throws a SpecError with one diagnostic, naming the file and the system's reason, when it cannot.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace foretrain::report
