#include "options.hpp"

#include <algorithm>

#include "number.hpp"

namespace foretrain::bench {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool holds(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Empty, or what is wrong with the value of the flag.
std::string set(Options& o, const std::string& flag, const std::string& value,
                const std::vector<std::string>& suites) {
  if (flag == "--suite") {
    if (!holds(suites, value)) return "no suite is called " + value + "; there are " + joined(suites);
    o.suites.push_back(value);
  } else if (flag == "--filter") {
    o.filters.push_back(value);
  } else if (flag == "-o" || flag == "--output") {
    if (value.empty()) return flag + " needs the name of a file";
    o.output = value;
  } else if (flag == "--world") {
    if (value.empty()) return "--world needs the name of a folder";
    o.world = value;
  } else if (flag == "--time-limit") {
    const auto seconds = from_chars(value);
    if (!seconds || *seconds <= 0 || *seconds > 3600)
      return "--time-limit needs seconds between 0 and 3600, not " + value;
    o.time_limit = *seconds;
  } else if (flag == "--clock-share") {
    const auto share = from_chars(value);
    if (!share || *share <= 0 || *share > 1) return "--clock-share needs a number up to 1, not " + value;
    o.clock_share = *share;
  } else {
    const auto number = from_chars(value);
    if (!number || *number < 0 || *number > 63 || *number != static_cast<int>(*number))
      return "--device needs a whole number, not " + value;
    o.device = static_cast<int>(*number);
  }
  return "";
}

}  // namespace

Parsed parse_options(const std::vector<std::string>& arguments, const std::vector<std::string>& suites) {
  Parsed p;
  const std::vector<std::string> with_value{"--suite",      "--filter",      "-o",       "--output",
                                            "--time-limit", "--clock-share", "--device", "--world"};
  for (std::size_t i = 0; i < arguments.size() && p.wrong.empty(); ++i) {
    const std::string& flag = arguments[i];
    if (flag == "--list") {
      p.options.list = true;
    } else if (flag == "--check") {
      p.options.check = true;
    } else if (flag == "--help" || flag == "-h") {
      p.options.help = true;
    } else if (!holds(with_value, flag)) {
      p.wrong = "unknown argument " + flag;
    } else if (i + 1 == arguments.size()) {
      p.wrong = flag + " needs a value";
    } else {
      p.wrong = set(p.options, flag, arguments[++i], suites);
    }
  }
  if (p.wrong.empty() && p.options.check && !p.options.world.empty())
    p.wrong = "--check is for one process, and --world for many";
  return p;
}

std::string usage(const std::vector<std::string>& suites) {
  return "foretrain-bench [--suite NAME]... [--filter TEXT]... [--time-limit SECONDS] [--device NUMBER]\n"
         "                [--clock-share SHARE] [--world FOLDER] [--check] [--list] [-o FILE.csv]\n"
         "Measures GPU kernels and writes one result file. Finished points of the file are kept.\n"
         "  --suite       one of " +
         joined(suites) +
         " (default: all)\n"
         "  --filter      only points whose name, as --list prints it, holds the text\n"
         "  --time-limit  seconds for one point (default: 0.3)\n"
         "  --clock-share drop samples below this share of the highest SM clock (default: 0.75)\n"
         "  --device      which GPU (default: 0)\n"
         "  --world       collectives among the processes of mpirun or srun, which meet in this folder\n"
         "  --check       run each kernel once and compare its result: no times, no file\n"
         "  --list        print the devices and the points, measure nothing\n"
         "  -o            the result file (default: foretrain-bench.csv)\n";
}

std::vector<Row> chosen(const std::vector<Row>& points, const Options& o) {
  std::vector<Row> rows;
  for (const Row& row : points) {
    if (!o.suites.empty() && !holds(o.suites, row.suite)) continue;
    const std::string name = name_of(row);
    const auto matches = [&](const std::string& text) { return name.find(text) != std::string::npos; };
    if (!o.filters.empty() && std::none_of(o.filters.begin(), o.filters.end(), matches)) continue;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace foretrain::bench
