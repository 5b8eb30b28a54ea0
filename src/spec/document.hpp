#pragma once
// A YAML file as a plain tree that remembers where everything stood. The parser's own types stay in
// document.cpp.
//
// Only the part of YAML that a scenario needs: maps with unique text keys, lists, values. Anchors, aliases,
// tags, several documents and deep nesting are refused, which also disarms alias bombs.

#include <optional>
#include <string>
#include <vector>

namespace foretrain::spec {

class Context;

struct Where {
  int file = -1;             // index of Context::files; -1: nowhere
  int line = 0, column = 0;  // 1-based
};

struct Entry;

struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  Where where;
  std::string text;            // scalar
  std::vector<Node> items;     // sequence
  std::vector<Entry> entries;  // map, in file order
  bool broken = false;         // stands for a file that could not be read, which has been said already
  std::string folder;          // where a path written here starts, if not at the folder of its file

  const Entry* find(const std::string& key) const;
  Entry* find(const std::string& key);
};

struct Entry {
  std::string key;
  Where where;
  Node value;
};

// Parses text that has passed `read_text`. Faults are added to the context; nothing comes back when the text
// is not YAML at all. A repeated key is reported and its first value kept.
std::optional<Node> parse(Context& context, int file, const std::string& text);

}  // namespace foretrain::spec
