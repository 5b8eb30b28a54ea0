#include "spec/units_text.hpp"

#include "catch.hpp"

using namespace foretrain::spec;

namespace {
double value(const char* text, Measure measure) {
  const auto parsed = parse_measure(text, measure);
  INFO(text << ": " << parsed.message);
  REQUIRE(parsed.ok);
  return parsed.value;
}
std::string fault(const char* text, Measure measure) {
  const auto parsed = parse_measure(text, measure);
  INFO(text << " = " << parsed.value);
  REQUIRE_FALSE(parsed.ok);
  return parsed.message;
}
}  // namespace

TEST_CASE("a number and its unit become base units") {
  CHECK(value("50 GB/s", Measure::bandwidth) == 50e9);
  CHECK(value("1 TB/s", Measure::bandwidth) == 1e12);
  CHECK(value("80 GiB", Measure::memory) == 85899345920.0);
  CHECK(value("80 GB", Measure::memory) == 80e9);
  CHECK(value("3.5 us", Measure::time) == 3.5 * 1e-6);
  CHECK(value("2 h", Measure::time) == 7200.0);
  CHECK(value("1978.9 TFLOP/s", Measure::flop_rate) == 1978.9 * 1e12);
  CHECK(value("3600 USD/h", Measure::price) == 1.0);
  CHECK(value("5 %", Measure::ratio) == 0.05);
  CHECK(value("0.05", Measure::ratio) == 0.05);
  CHECK(value("14.8 T", Measure::tokens) == 14.8 * 1e12);
  CHECK(value("469 B tokens", Measure::tokens) == 469e9);
  CHECK(value("1000 tokens", Measure::tokens) == 1000.0);
  CHECK(value("1.5 M samples", Measure::samples) == 1.5e6);
}

TEST_CASE("bits are not bytes and Gi is not G") {
  CHECK(value("400 Gbps", Measure::bandwidth) == value("50 GB/s", Measure::bandwidth));
  CHECK(value("1 GiB", Measure::memory) / value("1 GB", Measure::memory) == 1.073741824);
  CHECK(fault("400 gbps", Measure::bandwidth) == "unknown unit 'gbps' in '400 gbps', expected a bandwidth");
  CHECK(fault("400 Gb", Measure::memory) == "unknown unit 'Gb' in '400 Gb', expected a memory size");
}

TEST_CASE("space around and between does not matter") {
  CHECK(value("50GB/s", Measure::bandwidth) == 50e9);
  CHECK(value("  50   GB/s ", Measure::bandwidth) == 50e9);
  CHECK(value("1e3 GB/s", Measure::bandwidth) == 1e12);
}

TEST_CASE("a bare number, a wrong unit and a unit of another kind are told apart") {
  CHECK(fault("80", Measure::memory) == "'80' has no unit, expected a memory size");
  CHECK(fault("80 GB/s", Measure::memory) == "found a bandwidth ('80 GB/s'), expected a memory size");
  CHECK(fault("80 TFLOP/s", Measure::bandwidth) == "found a FLOP rate ('80 TFLOP/s'), expected a bandwidth");
  CHECK(fault("80 XB", Measure::memory) == "unknown unit 'XB' in '80 XB', expected a memory size");
  CHECK(fault("GB", Measure::memory) == "'GB' is not a number, expected a memory size");
  CHECK(fault("", Measure::memory) == "'' is not a number, expected a memory size");
  CHECK(parse_measure("80", Measure::memory).hint == "units: B, KB, MB, GB, TB, KiB, MiB, GiB, TiB");
}

TEST_CASE("a number that is none, endless or beyond a double is refused") {
  for (const char* text :
       {"nan GB", "inf GB", "-inf GB", "1e999 GB", "1e308 TB", "0x10 GB", "1,000 GB", "1_000 GB"})
    fault(text, Measure::memory);
}

TEST_CASE("whole numbers are decimal digits and nothing else") {
  CHECK(parse_integer("15360").value == 15360);
  CHECK(parse_integer(" 0 ").value == 0);
  CHECK(parse_integer("-3").value == -3);
  CHECK(parse_integer("9223372036854775807").ok);
  for (const char* text : {"010", "-010", "00", "1e3", "4.0", "15_360", "15,360", "0x10", "+4", "", "-",
                           "four", "9223372036854775808"}) {
    INFO(text);
    CHECK_FALSE(parse_integer(text).ok);
  }
  CHECK(parse_integer("010").hint == "write 10");
}

TEST_CASE("plain numbers carry no unit") {
  CHECK(parse_number("272.80e9").value == 272.80e9);
  CHECK_FALSE(parse_number("1.5 s").ok);
  CHECK_FALSE(parse_number("nan").ok);
}

TEST_CASE("what stands in a message is one short line") {
  CHECK(in_quotes("a\nb\tc") == "'a?b?c'");
  CHECK(in_quotes(std::string(100, 'x')) == "'" + std::string(60, 'x') + "...'");
}
