#pragma once
// The result file, format 1: `# key: value` lines, a line of column names, one row a point. Written whole
// through a temporary file after every point, so that a run that is cut off loses one point at most and the
// next run takes up from there. Numbers have no locale; empty cells mean zero or unknown.

#include <optional>
#include <string>
#include <vector>

#include "row.hpp"

namespace foretrain::bench {

inline constexpr const char* version = "0.1.0";

struct Header {
  std::string device, compute_capability, driver, cuda, date;
  std::int64_t sms = 0;
  double sm_clock_mhz = 0, power_limit_w = 0;  // 0: unknown
};

struct File {
  Header header;
  std::string state;  // as read
  std::vector<Row> rows;
};

std::string to_text(const Header& header, const std::vector<Row>& rows);

// Nothing when the text is not such a file; `why` then says what and in which line.
std::optional<File> parse(const std::string& text, std::string& why);

// Empty when rows of `old` may stand in one file with rows of this machine; else the reason why not.
std::string why_not_resume(const File& old, const Header& now);

// Rows of the old file that need no second measurement: those with a time whose results passed.
std::vector<Row> finished(const File& old);
std::vector<Row> remaining(const std::vector<Row>& points, const std::vector<Row>& done);

// Empty on success; else what went wrong. The old file stays whole until the new one is.
std::string write_whole(const std::string& path, const std::string& text);

}  // namespace foretrain::bench
