#pragma once
// Reading a text file with suspicion: its kind and size are checked before a byte is read, its bytes before a
// parser sees them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/context.hpp"

namespace foretrain::spec {

struct TextFile {
  int file = -1;  // index in the context
  std::string text;
};

// What the file is to hold; said where it is something else.
enum class FileKind : std::uint8_t { yaml, table, graph };

// Reports at `asked_from` (or at the file itself when that is nowhere) and returns nothing when the file is
// missing, not a regular file, larger than 1 MiB (a graph 64 MiB), binary, not UTF-8, or (YAML) indented with
// tabs. `others`: the hint for a missing file when no name beside it is near.
std::optional<TextFile> read_text(Context& context, const std::string& path, Where asked_from, FileKind kind,
                                  const std::string& others = {});

// Adds a text given on the command line as a source of its own.
TextFile command_line_text(Context& context, const std::string& shown, const std::string& text);

// "did you mean 'h100.yaml'?" from the names beside a missing file, or "" when none is near.
std::string nearest_file(const std::string& path);

// The YAML files of a folder, without ".yaml", that hold this key at the top: how parts of one kind are told
// from those of another. Sorted.
std::vector<std::string> files_with_key(const std::string& folder, const std::string& key);

}  // namespace foretrain::spec
