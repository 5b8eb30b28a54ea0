#pragma once
// `foretrain compare`: scenarios, or variants of one, side by side.

#include <iosfwd>
#include <string>
#include <vector>

namespace foretrain::cli {

struct CompareOptions {
  std::vector<std::string> files;
  std::vector<std::string> set;  // changes to all
  std::vector<std::string>
      with;  // "plan.expert=32,plan.data=64": each a variant of every file, after the unchanged one
  bool json = false;
};

// 0, or 1 when one of them cannot run.
int compare(const CompareOptions& options, std::ostream& out);

}  // namespace foretrain::cli
