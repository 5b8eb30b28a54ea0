#pragma once
// What one load gathers: the texts read, the problems found, the settings resolved and where each one stood.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/hash.hpp"
#include "spec/document.hpp"
#include "spec/scenario.hpp"

namespace foretrain::spec {

struct SourceText {
  std::string name;  // as the user wrote it, normalised; of an override "--set plan.expert=32"
  bool command_line = false;
  std::vector<std::string> lines;  // for excerpts
};

class Context {
 public:
  static constexpr std::size_t most_diagnostics = 50;

  int add_text(SourceText text);
  const SourceText& text_of(int file) const { return texts_[static_cast<std::size_t>(file)]; }

  void error(Where where, std::string message, std::string hint = {});
  bool full() const { return count_ >= most_diagnostics; }
  std::size_t error_count() const { return count_; }
  void throw_if_any();  // SpecError with every problem, in file order

  void record(const std::string& key, const std::string& value, Where where, const std::string& source = {});
  void record_default(const std::string& key, const std::string& value);
  std::string origin(Where where) const;         // "file:line" or "--set"
  Where where_of(const std::string& key) const;  // of a recorded key; nowhere when it was defaulted
  const std::vector<Setting>& settings() const { return settings_; }

  void hash_text(const std::string& text);
  std::uint64_t hash() const { return hash_; }

 private:
  struct Found {
    Where where;
    Diagnostic diagnostic;
  };
  std::vector<SourceText> texts_;
  std::vector<Found> found_;
  std::size_t count_ = 0;
  std::vector<Setting> settings_;
  std::map<std::string, Where> positions_;
  std::uint64_t hash_ = fnv_offset;
};

}  // namespace foretrain::spec
