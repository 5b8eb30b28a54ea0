#include "cli/threads.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "base/diagnostic.hpp"

namespace foretrain::cli {

unsigned thread_count(const std::optional<std::string>& typed) {
  constexpr unsigned most = 256;
  if (!typed) return std::clamp(std::thread::hardware_concurrency(), 1U, most);
  unsigned count = 0;
  const char* const end = typed->data() + typed->size();
  const auto [stop, failure] = std::from_chars(typed->data(), end, count);
  if (failure != std::errc{} || stop != end || count < 1 || count > most)
    throw SpecError({without_place(fmt::format("--threads '{}' is not a number of threads", *typed),
                                   fmt::format("use 1 to {}", most))});
  return count;
}

}  // namespace foretrain::cli
