#pragma once
// How the channels of a network lie in a picture: two panels for each kind of link, one for each direction,
// as cells in rows and columns. Between two levels of switches rows are leaves and columns are spines, planes
// side by side (what no cable joins is another plane); parallel cables are columns beside each other. All
// other kinds are wrapped in the order of their links. A panel has at most 64 x 64 cells: of more channels a
// cell is a block of neighbours and shows the fullest. Left out: colours and places in pixels
// (network_svg.hpp). Cost: O(channels), O(n log n) in the cables between leaves and spines.

#include <cstddef>
#include <string>
#include <vector>

#include "study/network.hpp"

namespace foretrain::report {

inline constexpr std::size_t panel_side = 64;

struct Cell {
  std::size_t column = 0, row = 0;
  std::size_t channels = 0;
  std::size_t fullest = 0;        // channel
  double highest = 0, total = 0;  // of uses
};

struct Panel {
  std::string heading, meaning;  // "leaf-spine up"; what rows, columns and cells are
  std::size_t columns = 0, rows = 0;
  std::size_t plane_columns = 0;                     // a gap after so many; 0: no planes
  double row_stands_for = 1, column_stands_for = 1;  // leaves or links; spines
  std::vector<Cell> cells;                           // by row, then column; none without a channel
};

// Up and down, or one way and back, of each kind of link, in turn.
std::vector<Panel> list_panels(const topology::Fabric& fabric, const study::NetworkOutcome& outcome);

}  // namespace foretrain::report
