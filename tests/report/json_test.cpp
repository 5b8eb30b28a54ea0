#include "report/json.hpp"

#include <cstdlib>
#include <limits>

#include "catch.hpp"

using foretrain::report::json_string;
using foretrain::report::JsonWriter;

TEST_CASE("objects, arrays and members nest") {
  JsonWriter json;
  json.begin_object()
      .member("a", 1)
      .key("list")
      .begin_array()
      .value(2.5)
      .value("x")
      .value(true)
      .null()
      .end_array();
  json.key("empty").begin_object().end_object().key("none").begin_array().end_array().end_object();
  CHECK(json.take() == R"({
  "a": 1,
  "list": [
    2.5,
    "x",
    true,
    null
  ],
  "empty": {},
  "none": []
}
)");
}

TEST_CASE("numbers read back as themselves") {
  const auto text = [](auto number) { return JsonWriter{}.value(number).take(); };
  for (const double d : {0.1, 1.0 / 3.0, 59e-3, 1e22, -2.5e-9, 5e-324, 1.7976931348623157e308, 0.0})
    CHECK(std::strtod(text(d).c_str(), nullptr) == d);
  CHECK(text(0.0616) == "0.0616\n");
  CHECK(text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615\n");
  CHECK(text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808\n");
}

TEST_CASE("strings are escaped") {
  CHECK(json_string("plain") == "\"plain\"");
  CHECK(json_string("a\"b\\c\n\t\r\x01") == "\"a\\\"b\\\\c\\n\\t\\u000d\\u0001\"");
  CHECK(json_string("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") ==
        "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD") {
  CHECK(json_string("a\xff"
                    "b") == "\"a\\ufffdb\"");
  CHECK(json_string("\xc3") == "\"\\ufffd\"");                        // cut short
  CHECK(json_string("\xc0\xaf") == "\"\\ufffd\\ufffd\"");             // overlong
  CHECK(json_string("\xed\xa0\x80") == "\"\\ufffd\\ufffd\\ufffd\"");  // a surrogate
}
