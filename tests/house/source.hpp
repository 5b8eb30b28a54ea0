#pragma once
// The tree as the house tests see it: files as lines, and the same lines with comments and literals blanked
// out, so that a word in a comment is not taken for code. Left out: raw strings over several lines, which src
// does not use.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace house {

struct Source {
  std::string path;                // "src/base/units.hpp"
  std::vector<std::string> lines;  // as written
  std::vector<std::string>
      code;  // comments, string and character literals as blanks; #include lines as written
};

struct Fault {
  std::string path;
  std::size_t line = 0;  // 1-based
  std::string message;
};
inline std::string to_text(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& f : faults) text += f.path + ":" + std::to_string(f.line) + ": " + f.message + "\n";
  return text;
}

inline bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
inline bool starts_with(std::string_view text, std::string_view head) {
  return text.substr(0, head.size()) == head;
}
inline bool ends_with(std::string_view text, std::string_view tail) {
  return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}
inline std::string trim(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Position of `word` in `text` from `from` on, not as part of a longer word; npos when absent.
inline std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0) {
  for (auto at = text.find(word, from); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool open = at == 0 || !is_word(text[at - 1]) || !is_word(word.front());
    const auto end = at + word.size();
    if (open && (end == text.size() || !is_word(text[end]) || !is_word(word.back()))) return at;
  }
  return std::string_view::npos;
}
inline bool has_word(std::string_view text, std::string_view word) {
  return find_word(text, word) != std::string_view::npos;
}

// A digit separator (1'000) is no character literal.
inline bool opens_literal(const std::string& line, std::size_t i) {
  return line[i] == '"' || (line[i] == '\'' && (i == 0 || !is_word(line[i - 1])));
}

inline std::vector<std::string> blank_comments_and_literals(const std::vector<std::string>& lines) {
  std::vector<std::string> code;
  bool in_block = false;
  for (const std::string& line : lines) {
    std::string out = line;
    const bool include = starts_with(trim(line), "#include");
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (in_block) {
        out[i] = ' ';
        if (line[i] == '*' && i + 1 < line.size() && line[i + 1] == '/') in_block = false, out[++i] = ' ';
      } else if (line.compare(i, 2, "//") == 0) {
        out.resize(i);
        break;
      } else if (line.compare(i, 2, "/*") == 0) {
        in_block = true;
        out[i] = ' ';
        out[++i] = ' ';
      } else if (!include && opens_literal(line, i)) {
        const char quote = line[i];
        while (++i < line.size() && line[i] != quote) {
          out[i] = ' ';
          if (line[i] == '\\' && i + 1 < line.size()) out[++i] = ' ';
        }
      }
    }
    code.push_back(out);
  }
  return code;
}

inline Source make_source(const std::string& path, const std::string& text) {
  Source s{path, {}, {}};
  std::string line;
  for (const char c : text) {
    if (c == '\n')
      s.lines.push_back(line), line.clear();
    else
      line += c;
  }
  if (!line.empty()) s.lines.push_back(line);
  s.code = blank_comments_and_literals(s.lines);
  return s;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// All files below `root`/`folder` with one of the endings, in path order.
inline std::vector<Source> read_tree(const std::string& root, const std::string& folder,
                                     const std::vector<std::string>& endings) {
  std::vector<std::string> paths;
  const std::filesystem::path start = std::filesystem::path(root) / folder;
  if (!std::filesystem::exists(start)) return {};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(start)) {
    const std::string path = std::filesystem::relative(entry.path(), root).generic_string();
    const auto fits = [&](const std::string& e) { return ends_with(path, e); };
    if (entry.is_regular_file() && std::any_of(endings.begin(), endings.end(), fits)) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Source> all;
  for (const std::string& path : paths)
    all.push_back(make_source(path, read_text(std::filesystem::path(root) / path)));
  return all;
}

}  // namespace house
