#pragma once
// `foretrain import-chakra`: reads the Chakra traces of all ranks, checks them and runs them.

#include <iosfwd>
#include <optional>
#include <string>

namespace foretrain::cli {

struct ImportChakraText {  // as typed
  std::string prefix;
  std::optional<std::string> nic, latency;
  bool json = false;
};

// 0, or 1 when the traces never come to an end. Traces that contradict themselves are a SpecError.
int import_chakra(const ImportChakraText& text, std::ostream& out);

}  // namespace foretrain::cli
