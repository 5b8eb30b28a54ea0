#pragma once
// Process groups as text: the list that PyTorch writes into a metadata node of a Chakra trace, and the file
// of communicator groups that ASTRA-sim reads.

#include <set>
#include <string>
#include <string_view>

#include "interchange/workload.hpp"

namespace foretrain::interchange {

// A JSON list as a string in a list: ["[{"pg_name": "1", "ranks": [0, 1]}]"], inner quotes as they are
// (astra-sim/astra-sim@518bd51, astra-sim/workload/Workload.cc, issue_pytorch_pg_metadata).
std::string to_metadata(const Groups& groups, const std::set<std::uint32_t>& named);

// Adds what such text holds, among other keys and any quotes around the list; false when it cannot be read.
// Text without groups holds none.
bool read_metadata(std::string_view text, Groups& groups);

// {"1": [0, 1], ...}
std::string groups_json(const Groups& groups);

}  // namespace foretrain::interchange
