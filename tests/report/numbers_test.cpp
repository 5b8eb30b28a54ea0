#include "report/numbers.hpp"

#include <limits>

#include "catch.hpp"

using namespace foretrain;
using namespace foretrain::report;

TEST_CASE("four significant digits, whole digits never lost, thousands grouped") {
  CHECK(significant(19.926) == "19.93");
  CHECK(significant(9.9996) == "10.00");
  CHECK(significant(0.00012345) == "0.0001234");
  CHECK(significant(2664123) == "2,664,123");
  CHECK(significant(-1234.5) == "-1,234");
  CHECK(significant(0) == "0");
  CHECK(significant(std::numeric_limits<double>::infinity()) == "-");
}

TEST_CASE("fixed decimals group thousands and know no minus zero") {
  CHECK(fixed(2664.13, 1) == "2,664.1");
  CHECK(fixed(-0.0004, 3) == "0.000");
  CHECK(fixed(-1234567.0, 0) == "-1,234,567");
  CHECK(fixed(999, 0) == "999");
  CHECK(whole(14798.6) == "14,799");
}

TEST_CASE("a unit that suits the size") {
  CHECK(time_text(seconds(19.926)) == "19.93 s");
  CHECK(time_text(seconds(0.1331)) == "133.1 ms");
  CHECK(time_text(seconds(12.4e-6)) == "12.40 us");
  CHECK(time_text(seconds(54.2 * 86400)) == "54.20 days");
  CHECK(percent_text(0.4373) == "43.7 %");
  CHECK(error_text(0.032) == "+3.2 %");
  CHECK(error_text(-0.0325) == "-3.2 %");
  CHECK(error_text(-0.0001) == "+0.0 %");
  CHECK(count_text(14.8e12) == "14.8 T");
  CHECK(count_text(272.8e9) == "272.8 B");
  CHECK(count_text(4096) == "4,096");
  CHECK(gpu_hours_text(2664000) == "2,664 K");
  CHECK(gpu_hours_text(5012) == "5,012");
  CHECK(dollars_text(dollars(5.328e6)) == "$5.328 M");
  CHECK(dollars_text(dollars(238000)) == "$238.0 K");
  CHECK(dollars_text(dollars(12.5)) == "$12.50");
  CHECK(memory_text(bytes(68.31 * 1073741824.0)) == "68.31 GiB");
  CHECK(size_text(bytes(58.72e6)) == "58.72 MB");
  CHECK(bandwidth_text(Bandwidth::from_base(160e9)) == "160 GB/s");
}
