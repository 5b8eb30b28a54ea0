#pragma once
// What the documents promise, as lists: fenced blocks, commands, links, and the README's pasted output.
// Conventions: a block fenced as ```sh tested is run by docs_test.cpp; one fenced as ```sh is only looked at,
// its programs must exist; one fenced as ```text printed is what the tested block before it prints; in pasted
// output a line of three dots stands for any number of lines left out.

#include <optional>

#include "house/source.hpp"

namespace house {

struct Block {
  std::size_t line = 0;  // of the opening fence, 1-based
  std::string info;      // "sh tested"
  std::vector<std::string> lines;
};

inline std::vector<Block> fenced_blocks(const std::vector<std::string>& lines) {
  std::vector<Block> blocks;
  bool inside = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool fence = starts_with(lines[i], "```");
    if (fence && !inside)
      blocks.push_back({i + 1, trim(lines[i].substr(3)), {}});
    else if (!fence && inside)
      blocks.back().lines.push_back(lines[i]);
    if (fence) inside = !inside;
  }
  return blocks;
}

// First words of a shell block's commands; continued lines, comments and here-documents are passed over.
inline std::vector<std::string> programs(const Block& block) {
  std::vector<std::string> first;
  bool continued = false;
  std::string until;
  for (const std::string& line : block.lines) {
    const std::string text = trim(line);
    if (!until.empty()) {
      if (text == until) until.clear();
      continue;
    }
    if (!text.empty() && text[0] != '#' && !continued) first.push_back(text.substr(0, text.find(' ')));
    continued = ends_with(text, "\\");
    const auto here = text.find("<<");
    if (here != std::string::npos) {
      for (const char c : text.substr(here + 2)) {
        if (is_word(c)) until += c;
      }
    }
  }
  return first;
}

// Targets of [text](target) that lie in the tree, without their #anchors.
inline std::vector<std::pair<std::size_t, std::string>> links(const std::vector<std::string>& lines) {
  std::vector<std::pair<std::size_t, std::string>> found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (auto at = lines[i].find("]("); at != std::string::npos; at = lines[i].find("](", at + 2)) {
      const auto close = lines[i].find(')', at);
      if (close == std::string::npos) break;
      std::string target = lines[i].substr(at + 2, close - at - 2);
      target = target.substr(0, target.find('#'));
      if (!target.empty() && target.find("://") == std::string::npos) found.emplace_back(i + 1, target);
    }
  }
  return found;
}

// The lines of the first block between <!-- name:begin --> and <!-- name:end -->; nothing when a marker is
// missing.
inline std::optional<std::vector<std::string>> marked_block(const std::vector<std::string>& lines,
                                                            const std::string& name) {
  const auto begin = std::find(lines.begin(), lines.end(), "<!-- " + name + ":begin -->");
  const auto end = std::find(begin, lines.end(), "<!-- " + name + ":end -->");
  if (end == lines.end()) return std::nullopt;
  const std::vector<Block> blocks = fenced_blocks({begin, end});
  return blocks.empty() ? std::vector<std::string>{} : blocks.front().lines;
}

// The first pasted line that the actual output lacks at its place; nothing when all are there in order.
inline std::optional<std::string> first_stale(const std::vector<std::string>& pasted,
                                              const std::vector<std::string>& actual) {
  const auto is_gap = [](const std::string& line) { return trim(line) == "..."; };
  std::size_t at = 0;
  bool floating = false;
  for (std::size_t i = 0; i < pasted.size();) {
    if (is_gap(pasted[i])) {
      floating = true, ++i;
      continue;
    }
    std::size_t end = i;
    while (end < pasted.size() && !is_gap(pasted[end])) ++end;
    const auto matched = [&](std::size_t from) {  // lines of this stretch that agree from there on
      std::size_t n = 0;
      while (i + n < end && from + n < actual.size() && pasted[i + n] == actual[from + n]) ++n;
      return n;
    };
    std::size_t place = at, best = matched(at);
    for (std::size_t from = at + 1; floating && best < end - i && from < actual.size(); ++from) {
      if (matched(from) > best) place = from, best = matched(from);
    }
    if (best < end - i) return pasted[i + best];
    at = place + best;
    floating = false;
    i = end;
  }
  if (!floating && at < actual.size()) return "(left out without a line of three dots) " + actual[at];
  return std::nullopt;
}

}  // namespace house
