#pragma once
// Words that depend on a number. Left out: other languages, and the number itself, which each place writes
// its own way.

#include <string_view>

namespace foretrain {

// plural(1, "batch", "batches") is "batch".
constexpr std::string_view plural(double count, std::string_view one, std::string_view many) {
  return count == 1 ? one : many;
}

}  // namespace foretrain
