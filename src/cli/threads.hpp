#pragma once
// How many threads a command may use, as typed on the command line.

#include <optional>
#include <string>

namespace foretrain::cli {

// All cores if nothing was typed; a SpecError when it is no number of threads.
unsigned thread_count(const std::optional<std::string>& typed);

}  // namespace foretrain::cli
