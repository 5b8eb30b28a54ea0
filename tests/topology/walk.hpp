#pragma once
// Whether a path is one: what the tests of paths share.

#include <cstdint>
#include <vector>

#include "topology/paths.hpp"

// Each channel begins where the one before it ended, the first at the sender, and the last ends at the
// receiver.
inline bool is_walk(const foretrain::topology::Fabric& f,
                    const std::vector<foretrain::topology::Channel>& path, std::uint32_t from,
                    std::uint32_t to) {
  auto at = f.endpoints[from];
  for (const foretrain::topology::Channel c : path) {
    const auto& link = f.links[c / 2];
    if ((c % 2 == 0 ? link.a : link.b) != at) return false;
    at = c % 2 == 0 ? link.b : link.a;
  }
  return at == f.endpoints[to];
}
