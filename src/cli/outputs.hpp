#pragma once
// What a command is asked to write must not be what it reads, nor the same as something else that it writes.
// Left out: what cannot be written at all, which report/file.hpp says.

#include <optional>
#include <string>
#include <vector>

namespace foretrain::cli {

struct Output {
  const char* option;               // "--goal"
  std::optional<std::string> path;  // as typed; absent: not asked for
};

// Throws a SpecError with a mistake for each output that has no name, is one of `inputs`, or lies where an
// earlier one does. Pipes and devices may be named twice.
void check_outputs(const std::vector<Output>& outputs, const std::vector<std::string>& inputs);

}  // namespace foretrain::cli
