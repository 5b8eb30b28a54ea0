#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace foretrain {

void check_failed(std::string_view message, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: internal error: %.*s\nThis is a bug in foretrain, not in your input.\n", file,
               line, static_cast<int>(message.size()), message.data());
  std::abort();
}

}  // namespace foretrain
