#pragma once
// Reads JSON for tests, strictly enough to notice what a viewer would refuse. Numbers become doubles.

#include <cctype>
#include <charconv>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace json {

struct Value {
  enum class Kind { null, truth, number, text, list, map };
  Kind kind = Kind::null;
  bool truth = false;
  double number = 0;
  std::string text;
  std::vector<Value> items;
  std::map<std::string, Value> members;

  const Value& at(const std::string& key) const {
    const auto found = members.find(key);
    if (found == members.end()) throw std::runtime_error("no member " + key);
    return found->second;
  }
  bool has(const std::string& key) const { return members.count(key) == 1; }
};

class Reader {
 public:
  explicit Reader(const std::string& text) : text_(text) {}
  Value read() {
    Value v = value();
    blanks();
    if (at_ != text_.size()) fail("text after the document");
    return v;
  }

 private:
  [[noreturn]] void fail(const std::string& why) {
    throw std::runtime_error(why + " at byte " + std::to_string(at_));
  }
  void blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  char peek() {
    blanks();
    if (at_ == text_.size()) fail("the text ends early");
    return text_[at_];
  }
  void expect(char c) {
    if (peek() != c) fail(std::string("expected ") + c);
    ++at_;
  }
  Value value() {
    Value v;
    switch (peek()) {
      case '{':
        return map();
      case '[':
        return list();
      case '"':
        v.kind = Value::Kind::text;
        v.text = string();
        return v;
      case 't':
        word("true");
        v.kind = Value::Kind::truth;
        v.truth = true;
        return v;
      case 'f':
        word("false");
        v.kind = Value::Kind::truth;
        return v;
      case 'n':
        word("null");
        return v;
      default:
        return number();
    }
  }
  void word(const std::string& w) {
    if (text_.compare(at_, w.size(), w) != 0) fail("expected " + w);
    at_ += w.size();
  }
  Value number() {
    Value v;
    v.kind = Value::Kind::number;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v.number);
    if (error != std::errc{}) fail("expected a number");
    at_ = static_cast<std::size_t>(end - text_.data());
    return v;
  }
  std::string string() {
    expect('"');
    std::string s;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) fail("a control character in a string");
      if (text_[at_] == '\\') ++at_;  // enough for tests: the escaped character stands for itself
      s += text_[at_++];
    }
    expect('"');
    return s;
  }
  Value list() {
    Value v;
    v.kind = Value::Kind::list;
    expect('[');
    while (peek() != ']') {
      if (!v.items.empty()) expect(',');
      v.items.push_back(value());
    }
    expect(']');
    return v;
  }
  Value map() {
    Value v;
    v.kind = Value::Kind::map;
    expect('{');
    while (peek() != '}') {
      if (!v.members.empty()) expect(',');
      blanks();
      const std::string key = string();
      expect(':');
      if (!v.members.emplace(key, value()).second) fail("twice the key " + key);
    }
    expect('}');
    return v;
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

inline Value parse(const std::string& text) {
  return Reader(text).read();
}

}  // namespace json
