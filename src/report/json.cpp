#include "report/json.hpp"

#include <fmt/core.h>

#include <cmath>
#include <utility>

#include "base/check.hpp"

namespace foretrain::report {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
}

// Bytes of the UTF-8 character that begins at i; 0 when none does (RFC 3629, the table in section 4).
std::size_t character_length(std::string_view text, std::size_t i) {
  const unsigned first = byte_at(text, i), second = byte_at(text, i + 1);
  const auto follows = [&](std::size_t k) { return (byte_at(text, i + k) & 0xc0U) == 0x80U; };
  if (first < 0x80U) return 1;
  if (first >= 0xc2U && first <= 0xdfU) return follows(1) ? 2 : 0;
  if (first >= 0xe0U && first <= 0xefU) {
    if ((first == 0xe0U && second < 0xa0U) || (first == 0xedU && second > 0x9fU)) return 0;
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0U && first <= 0xf4U) {
    if ((first == 0xf0U && second < 0x90U) || (first == 0xf4U && second > 0x8fU)) return 0;
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    const char c = text[i];
    if (length == 0)
      quoted += "\\ufffd";
    else if (c == '"' || c == '\\')
      (quoted += '\\') += c;
    else if (c == '\n')
      quoted += "\\n";
    else if (c == '\t')
      quoted += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20U || c == 0x7f)
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      quoted += text.substr(i, length);
    i += length == 0 ? 1 : length;
  }
  return quoted += '"';
}

void JsonWriter::new_line() {
  text_ += '\n';
  text_.append(open_.size() * 2, ' ');
}

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (open_.empty()) {
    check(text_.empty(), "a JSON document is one value");
    return;
  }
  check(!open_.back().is_object, "a JSON object needs a key before each value");
  if (!open_.back().is_empty) text_ += ',';
  open_.back().is_empty = false;
  new_line();
}

JsonWriter& JsonWriter::raw(std::string_view text) {
  before_value();
  text_ += text;
  return *this;
}

JsonWriter& JsonWriter::begin_object() {
  raw("{");
  open_.push_back({true, true});
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  raw("[");
  open_.push_back({false, true});
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  check(!open_.empty() && open_.back().is_object && !after_key_, "no JSON object to end here");
  const bool was_empty = open_.back().is_empty;
  open_.pop_back();
  if (!was_empty) new_line();
  text_ += '}';
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  check(!open_.empty() && !open_.back().is_object, "no JSON array to end here");
  const bool was_empty = open_.back().is_empty;
  open_.pop_back();
  if (!was_empty) new_line();
  text_ += ']';
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  check(!open_.empty() && open_.back().is_object && !after_key_, "no JSON object to put a key in");
  if (!open_.back().is_empty) text_ += ',';
  open_.back().is_empty = false;
  new_line();
  text_ += json_string(name) + ": ";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  return raw(json_string(text));
}

JsonWriter& JsonWriter::value(double number) {
  check(std::isfinite(number), "JSON holds finite numbers only");
  return raw(fmt::format("{}", number));
}

std::string JsonWriter::take() {
  check(open_.empty() && !text_.empty(), "the JSON document has not ended");
  text_ += '\n';
  return std::exchange(text_, {});
}

}  // namespace foretrain::report
