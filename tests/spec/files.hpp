#pragma once
// Files that a test writes, in a folder of its own that goes with it.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/diagnostic.hpp"
#include "spec/load.hpp"

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("foretrain_spec_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }
  std::string at(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// The text of a GPU part, to be written elsewhere: the tables that it names stay where they are.
inline std::string part_text(const std::string& name) {
  const std::string parts = FORETRAIN_ROOT "/topologies/parts/";
  std::ifstream in(parts + name + ".yaml", std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  const std::string table = "grid: curves/";
  for (auto at = text.find(table); at != std::string::npos; at = text.find(table, at + 1))
    text.insert(at + 6, parts);
  return text;
}

// What a load says: the first lines of all diagnostics; empty when it succeeds.
inline std::vector<foretrain::Diagnostic> faults_of(const std::string& path,
                                                    const std::vector<std::string>& overrides = {}) {
  try {
    foretrain::spec::load(path, overrides);
  } catch (const foretrain::SpecError& error) {
    return error.all();
  }
  return {};
}
