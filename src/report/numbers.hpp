#pragma once
// Numbers as a person reads them: four significant digits, thousands grouped by commas, the unit beside the
// value. The same on every machine: no locale. Not for machines to read; JSON carries full numbers
// (json_outcome.hpp).

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.hpp"

namespace foretrain::report {

std::string significant(double value, int digits = 4);  // 19.926 -> "19.93", 2664123 -> "2,664,123"
std::string fixed(double value, int decimals);          // 2664.13 -> "2,664.1"
std::string whole(double value);                        // 14798.6 -> "14,799"

std::string time_text(Seconds time);       // "19.93 s", "133.1 ms", "12.4 us", "54.2 days" from two days on
std::string percent_text(double share);    // 0.4373 -> "43.7 %"
std::string error_text(double relative);   // 0.032 -> "+3.2 %"
std::string count_text(double count);      // 14.8e12 -> "14.8 T", 671.03e9 -> "671 B", 4096 -> "4,096"
std::string gpu_hours_text(double hours);  // 2664000 -> "2,664 K"; below ten thousand "5,012"
std::string dollars_text(Dollars amount);  // "$5.328 M", "$238.0 K", "$12.50"
std::string list_text(const std::vector<std::string>& words);  // "a, b, c"
std::string us_text(Seconds time);                             // microseconds, the number alone
std::string gib_text(Bytes size, int digits = 2);              // the number alone
std::string memory_text(Bytes size);                           // "68.31 GiB"
std::string size_text(Bytes size);                             // "58.72 MB": messages and kernels, decimal
std::string bandwidth_text(Bandwidth rate);                    // "160 GB/s"

}  // namespace foretrain::report
