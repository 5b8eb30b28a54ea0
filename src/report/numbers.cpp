#include "report/numbers.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace foretrain::report {

namespace {

std::string group_thousands(std::string number) {
  const std::size_t first = number.empty() || number[0] != '-' ? 0 : 1;
  const std::size_t dot = std::min(number.find('.'), number.size());
  for (std::size_t at = dot; at > first + 3; at -= 3) number.insert(at - 3, 1, ',');
  return number;
}

// The power of ten of the value once rounded to so many digits: 9.9996 has 1 with four digits.
int exponent_of(double value, int digits) {
  const std::string scientific = fmt::format("{:.{}e}", value, digits - 1);
  const std::string power = scientific.substr(scientific.find('e') + 1);
  int exponent = 0;
  for (const char c : power) {
    if (c >= '0' && c <= '9') exponent = 10 * exponent + (c - '0');
  }
  return power[0] == '-' ? -exponent : exponent;
}

std::string without_trailing_zeros(std::string number) {
  if (number.find('.') == std::string::npos) return number;
  while (number.back() == '0') number.pop_back();
  if (number.back() == '.') number.pop_back();
  return number;
}

struct Scale {
  double factor;
  const char* unit;
};

template <std::size_t N>
std::string scaled(double value,
                   const std::array<Scale, N>& scales) {  // largest first; the last is for the rest
  for (const Scale& scale : scales) {
    if (std::abs(value) >= scale.factor || &scale == &scales.back()) {
      return without_trailing_zeros(significant(value / scale.factor)) + scale.unit;
    }
  }
  return {};
}

}  // namespace

std::string significant(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  if (value == 0) return "0";
  const int decimals = std::max(0, digits - 1 - exponent_of(value, digits));
  return group_thousands(fmt::format("{:.{}f}", value, decimals));
}

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_of("123456789") == std::string::npos && text[0] == '-')
    text.erase(0, 1);  // no minus zero
  return group_thousands(text);
}

std::string whole(double value) {
  return fixed(value, 0);
}

std::string time_text(Seconds time) {
  const double t = time.base();
  if (!std::isfinite(t)) return "-";
  if (t == 0) return "0 s";
  const double size = std::abs(t);
  if (size >= 2 * 86400.0) return significant(t / 86400.0) + " days";
  if (size >= 2 * 3600.0) return significant(t / 3600.0) + " h";
  if (size >= 1) return significant(t) + " s";
  if (size >= 1e-3) return significant(t * 1e3) + " ms";
  if (size >= 1e-6) return significant(t * 1e6) + " us";
  return significant(t * 1e9) + " ns";
}

std::string percent_text(double share) {
  if (!std::isfinite(share)) return "-";
  return fixed(share * 100, 1) + " %";
}

std::string error_text(double relative) {
  if (!std::isfinite(relative)) return "-";
  const std::string text = fixed(relative * 100, 1);
  return (text[0] == '-' ? "" : "+") + text + " %";
}

std::string count_text(double count) {
  if (!std::isfinite(count)) return "-";
  if (std::abs(count) < 1e6) return without_trailing_zeros(significant(count));
  return scaled(count, std::to_array<Scale>({{1e12, " T"}, {1e9, " B"}, {1e6, " M"}}));
}

std::string gpu_hours_text(double hours) {
  if (std::abs(hours) < 1e4) return significant(hours);
  return significant(hours / 1e3) + " K";
}

std::string dollars_text(Dollars amount) {
  const double d = amount.base();
  if (!std::isfinite(d)) return "-";
  const std::string sign = d < 0 ? "-" : "";
  const double size = std::abs(d);
  if (size >= 1e6) return sign + "$" + significant(size / 1e6) + " M";
  if (size >= 1e4) return sign + "$" + significant(size / 1e3) + " K";
  return sign + "$" + fixed(size, 2);
}

std::string list_text(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string us_text(Seconds time) {
  return significant(time.base() * 1e6);
}

std::string gib_text(Bytes size, int digits) {
  return fixed(size / one_gib, digits);
}

std::string memory_text(Bytes size) {
  return gib_text(size) + " GiB";
}

std::string size_text(Bytes size) {
  return scaled(size.base(),
                std::to_array<Scale>({{1e12, " TB"}, {1e9, " GB"}, {1e6, " MB"}, {1e3, " KB"}, {1, " B"}}));
}

std::string bandwidth_text(Bandwidth rate) {
  return scaled(rate.base(),
                std::to_array<Scale>({{1e12, " TB/s"}, {1e9, " GB/s"}, {1e6, " MB/s"}, {1, " B/s"}}));
}

}  // namespace foretrain::report
