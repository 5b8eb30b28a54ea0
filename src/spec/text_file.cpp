#include "spec/text_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "spec/units_text.hpp"

namespace foretrain::spec {
namespace {

namespace fs = std::filesystem;
// A scenario is a few KiB; a graph has some hundred bytes a link.
constexpr std::uintmax_t largest_file(FileKind kind) {
  return (kind == FileKind::graph ? 64 : 1) * std::uintmax_t{1024} * 1024;
}
std::string name_of(FileKind kind) {
  switch (kind) {
    case FileKind::table:
      return "a table (CSV)";
    case FileKind::graph:
      return "a graph (GraphML)";
    case FileKind::yaml:
      break;
  }
  return "a YAML file";
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

// Length of the UTF-8 sequence at `i`, 0 when it is broken. Overlong forms and surrogates are refused
// (RFC 3629, section 4).
std::size_t utf8_length(const std::string& s, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return i + k < s.size() ? static_cast<unsigned char>(s[i + k]) : 0U;
  };
  const auto tail = [&](std::size_t k) { return (byte(k) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0, surrogate = first == 0xED && byte(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90, beyond = first == 0xF4 && byte(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

bool bytes_are_text(Context& context, int file, const std::string& text) {
  Where at{file, 1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
      context.error(at, fmt::format("byte 0x{:02x} does not belong in a text file", c),
                    "is this a binary file?");
      return false;
    }
    const auto length = utf8_length(text, i);
    if (length == 0) {
      context.error(at, fmt::format("byte 0x{:02x} is not UTF-8", c), "save the file as UTF-8 text");
      return false;
    }
    if (c == '\n')
      at = {file, at.line + 1, 1};
    else
      at.column += static_cast<int>(length);
    i += length;
  }
  return true;
}

bool indented_with_spaces(Context& context, int file) {
  bool good = true;
  const auto lines = context.text_of(file).lines;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto content = lines[i].find_first_not_of(" \t");
    const auto tab = lines[i].find('\t');
    if (content == std::string::npos || tab >= content || lines[i][content] == '#') continue;
    context.error({file, static_cast<int>(i) + 1, static_cast<int>(tab) + 1}, "a tab in the indentation",
                  "YAML indents with spaces only");
    good = false;
  }
  return good;
}

// Why the path cannot be read as a text file; empty when it can.
std::string why_unreadable(const std::string& path, FileKind kind) {
  std::error_code failed;
  const auto status = fs::status(path, failed);
  if (!fs::exists(status)) return fmt::format("no such file: {}", path);
  if (fs::is_directory(status)) return fmt::format("{} is a folder, expected {}", path, name_of(kind));
  if (!fs::is_regular_file(status)) return fmt::format("{} is not a regular file", path);
  const auto size = fs::file_size(path, failed);
  if (failed) return fmt::format("cannot read {}", path);
  if (size > largest_file(kind))
    return fmt::format("{} has {} bytes, more than the {} that {} may have", path, size, largest_file(kind),
                       kind == FileKind::table   ? "a table"
                       : kind == FileKind::graph ? "a graph"
                                                 : "a scenario");
  return {};
}

// Without ".yaml", sorted; of a huge folder only some.
std::vector<std::string> yaml_names(const fs::path& folder) {
  std::error_code failed;
  std::vector<std::string> names;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    if (names.size() >= 1000) break;
    if (it->path().extension() == ".yaml") names.push_back(it->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<std::string> files_with_key(const std::string& folder, const std::string& key) {
  std::vector<std::string> found;
  for (const auto& name : yaml_names(folder)) {
    const auto path = fs::path(folder) / (name + ".yaml");
    if (!why_unreadable(path.string(), FileKind::yaml).empty()) continue;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);)
      if (line.starts_with(key + ":")) {
        found.push_back(name);
        break;
      }
  }
  return found;
}

std::string nearest_file(const std::string& path) {
  const fs::path wanted(path);
  const auto names = yaml_names(wanted.has_parent_path() ? wanted.parent_path() : fs::path("."));
  const auto nearest = nearest_name(wanted.stem().string(), names);
  if (nearest.empty()) return {};
  return fmt::format("did you mean '{}.yaml'?", (wanted.parent_path() / nearest).string());
}

std::optional<TextFile> read_text(Context& context, const std::string& path, Where asked_from, FileKind kind,
                                  const std::string& others) {
  const auto shown = fs::path(path).lexically_normal().string();
  const auto refuse = [&](const std::string& why, const std::string& hint) {
    if (asked_from.file < 0) asked_from = {context.add_text({shown, false, {}}), 0, 0};
    context.error(asked_from, why, hint);
    return std::nullopt;
  };
  const auto why = why_unreadable(shown, kind);
  if (why.starts_with("no such file")) {
    const auto near = nearest_file(shown);
    return refuse(why, near.empty() ? others : near);
  }
  if (!why.empty()) return refuse(why, "");
  std::ifstream in(shown, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in.good() && !in.eof()) return refuse(fmt::format("cannot read {}", shown), "");
  context.hash_text(text);
  const int file = context.add_text({shown, false, split_lines(text)});
  if (!bytes_are_text(context, file, text)) return std::nullopt;
  if (kind == FileKind::yaml && !indented_with_spaces(context, file)) return std::nullopt;
  return TextFile{file, std::move(text)};
}

TextFile command_line_text(Context& context, const std::string& shown, const std::string& text) {
  context.hash_text(shown);
  return {context.add_text({shown, true, {}}), text};
}

}  // namespace foretrain::spec
