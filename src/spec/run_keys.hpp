#pragma once
// The keys that rows of published runs may have, and what kind of value each holds. Measured figures carry
// their unit in the name.

#include <cstdint>
#include <string>
#include <string_view>

#include "spec/reader.hpp"
#include "spec/runs.hpp"

namespace foretrain::spec {

enum class RunKeyKind : std::uint8_t {
  count,    // a whole number of one or more
  size,     // a whole number of zero or more
  figure,   // a number of more than zero
  flag,     // true or false
  word,     // text
  loose,    // a whole number, or words that say why it is none ("32768 then 131072")
  list,     // a list of words, kept with ", " between them
  remark,   // anything; not read
  unknown,  // no such key
};
RunKeyKind kind_of_run_key(std::string_view key);

// The known key that an unknown one is a slip of, or "".
std::string nearest_run_key(const std::string& key);

// Reads one key of a row, of a rule or of a model. Nothing when it is a remark, or when a mistake was
// reported.
std::optional<RunField> read_run_field(Context& context, const Entry& entry, RunKeyKind kind);

// What is wrong with a text as a value of this kind; "" when nothing is.
std::string fault_of_run_value(RunKeyKind kind, const std::string& text);

}  // namespace foretrain::spec
