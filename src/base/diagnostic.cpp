#include "base/diagnostic.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/core.h>

namespace foretrain {
namespace {

std::string place_of(const Diagnostic& d) {
  if (d.file.empty()) return "foretrain";
  if (d.line <= 0) return d.file;
  if (d.column <= 0) return fmt::format("{}:{}", d.file, d.line);
  return fmt::format("{}:{}:{}", d.file, d.line, d.column);
}

// Blanks as wide as `text` on a terminal: a tab stays a tab, and the later bytes of a UTF-8 character take no
// room.
std::string blanks_under(const std::string& text) {
  std::string blanks;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
    if (!continues) blanks += c == '\t' ? '\t' : ' ';
  }
  return blanks;
}

// Names out of files may hold anything; a terminal is to be told no commands, and a message is one line.
std::string printable(std::string text) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = '?';
  return text;
}

std::string joined(const std::vector<Diagnostic>& all) {
  std::string text;
  for (const Diagnostic& d : all) text += (text.empty() ? "" : "\n") + to_text(d);
  return text;
}

// Edit distance where a swap of two neighbours counts once (Damerau 1964, in the "optimal string alignment"
// form that never edits a letter twice).
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

Diagnostic without_place(std::string message, std::string hint) {
  Diagnostic d;
  d.message = std::move(message);
  d.hint = std::move(hint);
  return d;
}

Diagnostic in_file(std::string file, std::string message, std::string hint) {
  Diagnostic d = without_place(std::move(message), std::move(hint));
  d.file = std::move(file);
  return d;
}

[[noreturn]] void refuse_file(const std::string& file, std::string message, std::string hint) {
  throw SpecError({in_file(file, std::move(message), std::move(hint))});
}

std::string to_text(const Diagnostic& d) {
  constexpr const char* indent = "    ";
  std::string text = fmt::format("{}: error: {}", printable(place_of(d)), printable(d.message));
  const std::size_t first = d.excerpt.find_first_not_of(" \t");
  if (first != std::string::npos) {
    const std::size_t end = d.excerpt.find_last_not_of(" \t\r\n") + 1;
    text += fmt::format("\n{}{}", indent, printable(d.excerpt.substr(first, end - first)));
    if (d.column > 0) {
      // A column inside the margin, or past the end of a line, still gets its caret beside the text.
      const std::size_t at = std::clamp(static_cast<std::size_t>(d.column) - 1, first, end);
      text += fmt::format("\n{}{}^", indent, blanks_under(d.excerpt.substr(first, at - first)));
      return d.hint.empty() ? text : text + " " + d.hint;
    }
  }
  return d.hint.empty() ? text : fmt::format("{}\n{}{}", text, indent, d.hint);
}

SpecError::SpecError(std::vector<Diagnostic> all) : std::runtime_error(joined(all)), all_(std::move(all)) {}

std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates) {
  std::string nearest;
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t away = distance(name, candidate);
    if (away < best) best = away, nearest = candidate;
  }
  return nearest;
}

}  // namespace foretrain
