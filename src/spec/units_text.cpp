#include "spec/units_text.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>

namespace foretrain::spec {
namespace {

struct UnitName {
  std::string_view text;
  Measure measure;
  double scale;
};

constexpr double kibi = 1024.0, mebi = kibi * kibi, gibi = mebi * kibi, tebi = gibi * kibi;

constexpr std::array units{
    UnitName{"ns", Measure::time, 1e-9},
    UnitName{"us", Measure::time, 1e-6},
    UnitName{"ms", Measure::time, 1e-3},
    UnitName{"s", Measure::time, 1.0},
    UnitName{"min", Measure::time, 60.0},
    UnitName{"h", Measure::time, 3600.0},
    UnitName{"B", Measure::memory, 1.0},
    UnitName{"KB", Measure::memory, 1e3},
    UnitName{"MB", Measure::memory, 1e6},
    UnitName{"GB", Measure::memory, 1e9},
    UnitName{"TB", Measure::memory, 1e12},
    UnitName{"KiB", Measure::memory, kibi},
    UnitName{"MiB", Measure::memory, mebi},
    UnitName{"GiB", Measure::memory, gibi},
    UnitName{"TiB", Measure::memory, tebi},
    UnitName{"MB/s", Measure::bandwidth, 1e6},
    UnitName{"GB/s", Measure::bandwidth, 1e9},
    UnitName{"TB/s", Measure::bandwidth, 1e12},
    UnitName{"GiB/s", Measure::bandwidth, gibi},
    UnitName{"Mbps", Measure::bandwidth, 0.125e6},
    UnitName{"Gbps", Measure::bandwidth, 0.125e9},
    UnitName{"Tbps", Measure::bandwidth, 0.125e12},
    UnitName{"GFLOP/s", Measure::flop_rate, 1e9},
    UnitName{"TFLOP/s", Measure::flop_rate, 1e12},
    UnitName{"PFLOP/s", Measure::flop_rate, 1e15},
    UnitName{"USD/h", Measure::price, 1.0 / 3600.0},
    UnitName{"USD", Measure::money, 1.0},
    UnitName{"K USD", Measure::money, 1e3},
    UnitName{"M USD", Measure::money, 1e6},
    UnitName{"%", Measure::ratio, 0.01},
    UnitName{"", Measure::ratio, 1.0},
    UnitName{"", Measure::tokens, 1.0},
    UnitName{"K", Measure::tokens, 1e3},
    UnitName{"M", Measure::tokens, 1e6},
    UnitName{"B", Measure::tokens, 1e9},
    UnitName{"T", Measure::tokens, 1e12},
    UnitName{"", Measure::samples, 1.0},
    UnitName{"K", Measure::samples, 1e3},
    UnitName{"M", Measure::samples, 1e6},
    UnitName{"B", Measure::samples, 1e9},
};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// "469 B tokens": the noun is welcome where a count of it is expected.
std::string_view without_noun(std::string_view unit, Measure expected) {
  const std::string_view noun = expected == Measure::tokens    ? "tokens"
                                : expected == Measure::samples ? "samples"
                                                               : "";
  if (!noun.empty() && unit.ends_with(noun)) return trim(unit.substr(0, unit.size() - noun.size()));
  return unit;
}

const UnitName* find_unit(std::string_view unit, Measure measure) {
  for (const auto& u : units)
    if (u.measure == measure && u.text == unit) return &u;
  return nullptr;
}

template <class T>
Parsed<T> refuse(std::string message, std::string hint) {
  return {false, T{}, std::move(message), std::move(hint)};
}

// The leading number of `text`; `rest` is what follows it.
Parsed<double> leading_number(std::string_view text, std::string_view& rest, std::string_view expectation) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument)
    return refuse<double>(fmt::format("{} is not a number, expected {}", in_quotes(text), expectation), "");
  if (error == std::errc::result_out_of_range)
    return refuse<double>(fmt::format("{} is out of range, expected {}", in_quotes(text), expectation),
                          "write a number between 1e-300 and 1e300");
  if (!std::isfinite(value))
    return refuse<double>(fmt::format("{} is not a finite number, expected {}", in_quotes(text), expectation),
                          "");
  rest = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  return {true, value, "", ""};
}

Parsed<double> refuse_unit(std::string_view text, std::string_view unit, Measure expected) {
  const auto hint = fmt::format("units: {}", allowed_units(expected));
  if (unit.empty())
    return refuse<double>(fmt::format("{} has no unit, expected {}", in_quotes(text), name_of(expected)),
                          hint);
  for (const auto& other : units) {
    if (other.text == unit)
      return refuse<double>(fmt::format("found {} ({}), expected {}", name_of(other.measure), in_quotes(text),
                                        name_of(expected)),
                            hint);
  }
  if (unit.front() == ',' || unit.front() == '_')
    return refuse<double>(fmt::format("{} has a separator inside the number", in_quotes(text)),
                          "write the digits together, as in 15360");
  return refuse<double>(
      fmt::format("unknown unit {} in {}, expected {}", in_quotes(unit), in_quotes(text), name_of(expected)),
      hint);
}

}  // namespace

std::string_view name_of(Measure measure) {
  switch (measure) {
    case Measure::time:
      return "a time";
    case Measure::memory:
      return "a memory size";
    case Measure::bandwidth:
      return "a bandwidth";
    case Measure::flop_rate:
      return "a FLOP rate";
    case Measure::price:
      return "a price of one GPU";
    case Measure::money:
      return "an amount of money";
    case Measure::ratio:
      return "a ratio";
    case Measure::tokens:
      return "a number of tokens";
    case Measure::samples:
      return "a number of samples";
  }
  return "a value";
}

std::string allowed_units(Measure measure) {
  std::string text;
  for (const auto& u : units) {
    if (u.measure != measure) continue;
    if (!text.empty()) text += ", ";
    text += u.text.empty() ? std::string_view{"none"} : u.text;
  }
  return text;
}

Parsed<double> parse_measure(std::string_view raw, Measure expected) {
  const auto text = trim(raw);
  std::string_view rest;
  auto number = leading_number(text, rest, name_of(expected));
  if (!number.ok) {
    if (number.hint.empty())
      number.hint = fmt::format("write a number and a unit: {}", allowed_units(expected));
    return number;
  }
  const auto* unit = find_unit(without_noun(rest, expected), expected);
  if (unit == nullptr) return refuse_unit(text, rest, expected);
  const double value = number.value * unit->scale;
  if (!std::isfinite(value))
    return refuse<double>(fmt::format("{} is out of range, expected {}", in_quotes(text), name_of(expected)),
                          "");
  return {true, value, "", ""};
}

Parsed<std::int64_t> parse_integer(std::string_view raw) {
  const auto text = trim(raw);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    return refuse<std::int64_t>(fmt::format("{} is too large for a whole number", in_quotes(text)), "");
  if (error != std::errc{} || end != text.data() + text.size())
    return refuse<std::int64_t>(fmt::format("{} is not a whole number", in_quotes(text)),
                                "write decimal digits only, as in 15360");
  const auto digits = text.front() == '-' ? text.substr(1) : text;
  if (digits.size() > 1 && digits.front() == '0')
    return refuse<std::int64_t>(
        fmt::format("{} starts with a zero, which could be read as octal", in_quotes(text)),
        fmt::format("write {}", value));
  return {true, value, "", ""};
}

Parsed<double> parse_number(std::string_view raw) {
  const auto text = trim(raw);
  std::string_view rest;
  auto number = leading_number(text, rest, "a plain number");
  if (number.ok && !rest.empty())
    return refuse<double>(fmt::format("{} is not a plain number", in_quotes(text)),
                          "write it without a unit");
  return number;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string out = "'";
  for (const char c : text.substr(0, longest)) out += (c >= 0 && c < ' ') || c == 127 ? '?' : c;
  return out + (text.size() > longest ? "...'" : "'");
}

}  // namespace foretrain::spec
