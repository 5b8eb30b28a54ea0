#pragma once
// Numbers as a person writes them: "50 GB/s", "400 Gbps", "80 GiB", "2 USD/h", "14.8 T", "5 %".
//
// A number with its unit becomes a double in base units (bytes, seconds, dollars, plain count). The unit is
// part of the value: a bare number where a unit belongs is refused, as is a unit of another kind. Bits are
// not bytes (Gbps = 1e9/8 B/s) and Gi is not G (GiB = 2^30 B, GB = 1e9 B). Ratios and counts may be bare.
// Left out: sums and products of units, locale separators, hexadecimal.

#include <cstdint>
#include <string>
#include <string_view>

namespace foretrain::spec {

enum class Measure : std::uint8_t {
  time,
  memory,
  bandwidth,
  flop_rate,
  price,
  money,
  ratio,
  tokens,
  samples
};

std::string_view name_of(Measure measure);   // "a memory size"
std::string allowed_units(Measure measure);  // "B, KB, MB, ..."

template <class T>
struct Parsed {
  bool ok = false;
  T value{};
  std::string message, hint;  // set when not ok
};

// The value in base units. Finite; the caller checks the range.
Parsed<double> parse_measure(std::string_view text, Measure expected);

// Decimal digits with an optional minus sign: no octal, no exponent, no fraction, no separators.
Parsed<std::int64_t> parse_integer(std::string_view text);

// A finite decimal number without unit.
Parsed<double> parse_number(std::string_view text);

// What the user wrote, fit to stand inside a message: one line, at most 60 characters.
std::string in_quotes(std::string_view text);

}  // namespace foretrain::spec
