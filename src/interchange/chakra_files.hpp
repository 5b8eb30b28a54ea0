#pragma once
// The traces of all ranks, from files named PREFIX.0.et, PREFIX.1.et, ... as others name them. A folder
// stands for the one prefix that its traces have.
//
// Cost: all of them in memory at once.

#include <string>

#include "interchange/workload.hpp"

namespace foretrain::interchange {

struct ChakraFiles {
  std::string prefix;
  std::uint64_t bytes = 0;  // of all files
  Workload workload;
};

// Throws a SpecError: no such files, a rank missing between others, or a file that is no trace. A group whose
// members no file names holds the ranks that use it.
ChakraFiles read_chakra_files(const std::string& prefix_or_folder);

}  // namespace foretrain::interchange
