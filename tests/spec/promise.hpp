#pragma once
// What the first comment lines of a broken file promise that its reader will say, and what it said.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"

struct Promise {
  std::vector<std::string> overrides, diagnostics;  // "7:30: error: ...\nhint"
};

inline Promise promise_of(const std::filesystem::path& path) {
  Promise promise;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line) && line.starts_with("#");) {
    if (line.starts_with("# set: ")) promise.overrides.push_back(line.substr(7));
    if (line.starts_with("# expect: ")) promise.diagnostics.push_back(line.substr(10) + "\n");
    if (line.starts_with("# hint: ") && !promise.diagnostics.empty())
      promise.diagnostics.back() += line.substr(8);
  }
  return promise;
}

inline std::vector<std::string> said_of(const std::string& path,
                                        const std::vector<foretrain::Diagnostic>& all) {
  std::vector<std::string> said;
  for (const auto& d : all) {
    const auto text = to_text(d);
    auto line = text.substr(0, text.find('\n'));
    if (line.starts_with(path + ":")) line.erase(0, path.size() + 1);
    said.push_back(line + "\n" + d.hint);
  }
  return said;
}

inline std::vector<std::filesystem::path> promising_files(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}
