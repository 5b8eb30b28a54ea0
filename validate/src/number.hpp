#pragma once
// Numbers as text and back, the same in every locale. Nothing here rounds: the shortest text that reads back
// as the same number.

#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace foretrain::bench {

inline std::string to_chars(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

// Nothing unless the whole text is one finite number.
inline std::optional<double> from_chars(const std::string& text) {
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value - value != 0) return std::nullopt;
  return value;
}

}  // namespace foretrain::bench
