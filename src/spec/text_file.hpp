#pragma once
// Reading a text file with suspicion: its kind and size are checked before a byte is read, its bytes before a
// parser sees them.

#include <optional>
#include <string>

#include "spec/context.hpp"

namespace foretrain::spec {

struct TextFile {
  int file = -1;  // index in the context
  std::string text;
};

// Reports at `asked_from` (or at the file itself when that is nowhere) and returns nothing when the file is
// missing, not a regular file, larger than 1 MiB, binary, not UTF-8, or indented with tabs.
std::optional<TextFile> read_text(Context& context, const std::string& path, Where asked_from);

// Adds a text given on the command line as a source of its own.
TextFile command_line_text(Context& context, const std::string& shown, const std::string& text);

// "did you mean 'h100.yaml'?" from the names beside a missing file, or "" when none is near.
std::string nearest_file(const std::string& path);

}  // namespace foretrain::spec
