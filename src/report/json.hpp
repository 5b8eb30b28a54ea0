#pragma once
// Writes JSON as it goes: objects, arrays, members. Numbers are the shortest that read back as the same
// double; a number that JSON cannot hold (NaN, infinity) is our mistake and aborts, as is a member outside an
// object. Strings are UTF-8; a byte that is not becomes U+FFFD. Not here: reading JSON, remembering what was
// written.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace foretrain::report {

class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view{text}); }
  JsonWriter& value(double number);
  JsonWriter& value(std::same_as<bool> auto truth) { return raw(truth ? "true" : "false"); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonWriter& value(T number) { return raw(std::to_string(number)); }
  JsonWriter& null() { return raw("null"); }

  template <class T>
  JsonWriter& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  // The document, ended by a newline. Precondition: everything begun has ended.
  std::string take();

 private:
  struct Level {
    bool is_object = false, is_empty = true;
  };
  JsonWriter& raw(std::string_view text);
  void before_value();
  void new_line();

  std::string text_;
  std::vector<Level> open_;
  bool after_key_ = false;
};

// The text as a JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace foretrain::report
