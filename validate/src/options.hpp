#pragma once
// What the command line asks for. Parsing prints nothing and knows no device.

#include <optional>
#include <string>
#include <vector>

#include "row.hpp"

namespace foretrain::bench {

struct Options {
  std::vector<std::string> suites;   // empty: all
  std::vector<std::string> filters;  // a point runs when its name holds one of them; empty: all
  double time_limit = 0.3;           // seconds for one point
  double clock_share = 0.75;         // samples below this share of the highest SM clock are dropped
  std::string output = "foretrain-bench.csv";
  std::string world;  // a folder that all processes of a launcher see; empty: this process alone
  int device = 0;
  bool check = false;  // results alone: no times, no file
  bool list = false, help = false;
};

struct Parsed {
  Options options;
  std::string wrong;  // empty: all is well
};
Parsed parse_options(const std::vector<std::string>& arguments, const std::vector<std::string>& suites);
std::string usage(const std::vector<std::string>& suites);

std::vector<Row> chosen(const std::vector<Row>& points, const Options& options);

}  // namespace foretrain::bench
