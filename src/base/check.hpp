#pragma once
// For our own mistakes, never for the user's: prints file:line and the message, then aborts. Always on.
// The message is formatted only on failure. (A function, not a macro; __builtin_FILE because the linter's
// standard library lacks std::source_location.)

#include <string_view>

namespace foretrain {

[[noreturn]] void check_failed(std::string_view message, const char* file, int line);

inline void check(bool condition, std::string_view message, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
  if (!condition) check_failed(message, file, line);
}

}  // namespace foretrain
