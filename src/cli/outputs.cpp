#include "cli/outputs.hpp"

#include <fmt/core.h>

#include <filesystem>

#include "base/diagnostic.hpp"

namespace foretrain::cli {
namespace {

namespace fs = std::filesystem;

// The same for all ways to write one path, links followed as far as they lead.
fs::path plain(const std::string& path) {
  std::error_code failed;
  const fs::path found = fs::weakly_canonical(path, failed);
  return failed ? fs::path(path).lexically_normal() : found;
}

bool is_special(const fs::path& path) {
  std::error_code failed;
  const auto status = fs::status(path, failed);
  return !failed && fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

// Whether the one is the other or lies in it.
bool within(const fs::path& inner, const fs::path& outer) {
  const fs::path way = inner.lexically_relative(outer);
  return !way.empty() && *way.begin() != "..";
}

std::string fault_of(const Output& output, const std::vector<std::string>& inputs,
                     const std::vector<Output>& earlier) {
  if (output.path->empty()) return fmt::format("{} needs a name to write to", output.option);
  const fs::path path = plain(*output.path);
  if (is_special(path)) return {};
  for (const std::string& input : inputs)
    if (!input.empty() && plain(input) == path)
      return fmt::format("{} would write over '{}', which is read", output.option, *output.path);
  for (const Output& other : earlier)
    if (other.path && (within(path, plain(*other.path)) || within(plain(*other.path), path)))
      return fmt::format("{} '{}' and {} '{}' need a place each", other.option, *other.path, output.option,
                         *output.path);
  return {};
}

}  // namespace

void check_outputs(const std::vector<Output>& outputs, const std::vector<std::string>& inputs) {
  std::vector<Diagnostic> faults;
  std::vector<Output> earlier;
  for (const Output& output : outputs) {
    if (!output.path) continue;
    if (const std::string fault = fault_of(output, inputs, earlier); !fault.empty())
      faults.push_back(without_place(fault));
    else
      earlier.push_back(output);
  }
  if (!faults.empty()) throw SpecError(std::move(faults));
}

}  // namespace foretrain::cli
