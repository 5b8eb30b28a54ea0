#pragma once
// `foretrain topology FILE`: what a network is, in numbers, and its graph for other tools.

#include <iosfwd>
#include <optional>
#include <string>

namespace foretrain::cli {

struct TopologyOptions {
  std::string file;
  std::optional<std::string> graphml_file, dot_file;
  bool json = false;
};

// 1 where some endpoints are not joined to others: such a network carries no pattern.
int describe_topology(const TopologyOptions& options, std::ostream& out);

}  // namespace foretrain::cli
