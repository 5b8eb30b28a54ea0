#pragma once
// Where the cables between two levels of switches stand in a grid: a plane for what cables join, a row for
// each of its leaves, columns for its spines. Cost: O(links log links).

#include <cstddef>
#include <optional>
#include <vector>

#include "topology/fabric.hpp"

namespace foretrain::report {

struct LeafSpineGrid {
  struct Place {
    std::size_t plane = 0, row = 0, column = 0;
  };
  std::size_t planes = 0, rows = 0, columns = 0;  // the last two of the largest plane
  std::size_t cables = 1;                         // at most, between one leaf and one spine
  std::vector<Place> places;                      // by link; only those of leaf to spine have one
};

// Nothing where there is a third level, where a cable of this kind joins other nodes, or where there are more
// planes than `most_planes`.
std::optional<LeafSpineGrid> lay_out_grid(const topology::Fabric& fabric, std::size_t most_planes);

}  // namespace foretrain::report
