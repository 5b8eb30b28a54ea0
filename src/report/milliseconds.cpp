#include "report/milliseconds.hpp"

#include <fmt/core.h>

namespace foretrain::report {

std::string milliseconds_text(sim::Ticks t) {
  const std::int64_t ns = t.count() < 0 ? -t.count() : t.count();
  std::string text = fmt::format("{}{}.{:06}", t.count() < 0 ? "-" : "", ns / 1'000'000, ns % 1'000'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

double seconds_of(sim::Ticks t) {
  return static_cast<double>(t.count()) / 1e9;
}

}  // namespace foretrain::report
