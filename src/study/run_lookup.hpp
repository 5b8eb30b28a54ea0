#pragma once
// What a published run was set to: from its row, else from the settings of its set, else from what is usual
// on its GPU, else a default. Every answer is written down with where it came from, so that a reader of the
// table can tell what was printed from what was assumed.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/runs.hpp"
#include "spec/scenario.hpp"

namespace foretrain::study {

class RunLookup {
 public:
  // `gpu` may be null: a GPU that nobody described. All must outlive the lookup.
  RunLookup(const spec::RunRow& row, const spec::RunSet& set, const spec::RunFields* gpu)
      : row_(&row), set_(&set), gpu_(gpu) {}

  std::optional<std::int64_t> count(const std::string& key);
  std::optional<double> number(const std::string& key);
  std::optional<std::string> word(const std::string& key);
  std::int64_t count_or(const std::string& key, std::int64_t fallback, const std::string& why);
  bool flag_or(const std::string& key, bool fallback, const std::string& why);
  std::string word_or(const std::string& key, const std::string& fallback, const std::string& why);

  bool printed(const std::string& key) const { return row_->fields.has(key); }  // by the row itself

  // Writes down a value that was worked out from others.
  void note(const std::string& key, const std::string& value, const std::string& why);
  const std::vector<spec::Setting>& settings() const { return settings_; }

 private:
  struct Found {
    const spec::RunField* field = nullptr;
    std::string source;
  };
  Found find(const std::string& key) const;
  const spec::RunField* take(const std::string& key);  // and writes down

  const spec::RunRow* row_;
  const spec::RunSet* set_;
  const spec::RunFields* gpu_;
  std::vector<spec::Setting> settings_;
};

}  // namespace foretrain::study
