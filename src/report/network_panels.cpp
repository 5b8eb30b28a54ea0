#include "report/network_panels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <utility>

#include "report/leaf_spine_grid.hpp"
#include "study/link_use.hpp"
#include "topology/measure.hpp"

namespace foretrain::report {
namespace {

using topology::Fabric;
using topology::NodeKind;

std::size_t divide_up(std::size_t n, std::size_t by) {
  return (n + by - 1) / by;
}

// Hosts below their cards, cards below switches.
int level_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::gpu:
    case NodeKind::endpoint:
      return 0;
    case NodeKind::nic:
    case NodeKind::nvswitch:
      return 1;
    case NodeKind::leaf:
    case NodeKind::router:
      return 2;
    case NodeKind::spine:
      return 3;
    case NodeKind::core:
      return 4;
  }
  return 0;
}

// Above 0: from the lower end to the upper.
int rise_of(const Fabric& fabric, std::size_t channel) {
  const study::ChannelEnds ends = study::ends_of(fabric, channel);
  return level_of(fabric.nodes[index_of(ends.to)]) - level_of(fabric.nodes[index_of(ends.from)]);
}

// The two directions of one kind of link, each in the order of links.
std::array<std::vector<std::size_t>, 2> list_directions(const Fabric& fabric, topology::LinkKind kind) {
  std::array<std::vector<std::size_t>, 2> channels;
  for (std::size_t link = 0; link < fabric.links.size(); ++link) {
    if (fabric.links[link].kind != kind) continue;
    const std::size_t up = rise_of(fabric, 2 * link) < 0 ? 1 : 0;  // which of the two goes up, or as listed
    channels[0].push_back(2 * link + up);
    channels[1].push_back(2 * link + (1 - up));
  }
  return channels;
}

struct Place {
  std::size_t column, row;
};

// `places` beside `channels`.
void fill(Panel& panel, const std::vector<std::size_t>& channels, const std::vector<Place>& places,
          const study::NetworkOutcome& outcome) {
  std::vector<Cell> cells(panel.columns * panel.rows);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    Cell& cell = cells[places[i].row * panel.columns + places[i].column];
    const double use = outcome.uses[channels[i]];
    if (cell.channels == 0 || study::rank_of_use(use) > study::rank_of_use(cell.highest)) {
      cell.highest = use;
      cell.fullest = channels[i];
    }
    cell.column = places[i].column;
    cell.row = places[i].row;
    cell.total += use;
    ++cell.channels;
  }
  for (const Cell& cell : cells)
    if (cell.channels > 0) panel.cells.push_back(cell);
}

Panel wrapped_panel(const std::vector<std::size_t>& channels, const study::NetworkOutcome& outcome) {
  Panel panel;
  const std::size_t block = divide_up(channels.size(), panel_side * panel_side);
  const std::size_t cells = divide_up(channels.size(), block);
  const auto side = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(cells))));
  const std::size_t even = std::max(std::size_t{8}, std::bit_ceil(side));  // so that a host's GPUs line up
  panel.columns = std::min({cells, panel_side, even});
  panel.rows = divide_up(cells, panel.columns);
  panel.row_stands_for = static_cast<double>(panel.columns * block);
  panel.meaning = "links in their order";
  if (block > 1) panel.meaning += fmt::format("; a cell is the fullest of {}", block);
  std::vector<Place> places;
  for (std::size_t i = 0; i < channels.size(); ++i)
    places.push_back({i / block % panel.columns, i / block / panel.columns});
  fill(panel, channels, places, outcome);
  return panel;
}

Panel grid_panel(const LeafSpineGrid& grid, const std::vector<std::size_t>& channels,
                 const study::NetworkOutcome& outcome) {
  const std::size_t tall = divide_up(grid.rows, panel_side);
  std::size_t wide = 1;
  while (divide_up(grid.columns, wide) * grid.planes > panel_side) ++wide;
  Panel panel;
  panel.plane_columns = divide_up(grid.columns, wide);
  panel.columns = panel.plane_columns * grid.planes;
  panel.rows = divide_up(grid.rows, tall);
  panel.row_stands_for = static_cast<double>(tall);
  panel.column_stands_for = static_cast<double>(wide) / static_cast<double>(grid.cables);
  panel.meaning = "rows leaves, columns spines";
  if (grid.cables > 1) panel.meaning += fmt::format(", {} cables each", grid.cables);
  if (grid.planes > 1) panel.meaning += fmt::format("; planes 0 to {}", grid.planes - 1);
  if (tall * wide > 1) panel.meaning += fmt::format("; a cell is the fullest of {} x {}", tall, wide);
  std::vector<Place> places;
  for (const std::size_t channel : channels) {
    const LeafSpineGrid::Place& at = grid.places[channel / 2];
    places.push_back({at.plane * panel.plane_columns + at.column / wide, at.row / tall});
  }
  fill(panel, channels, places, outcome);
  return panel;
}

}  // namespace

std::vector<Panel> list_panels(const Fabric& fabric, const study::NetworkOutcome& outcome) {
  std::vector<Panel> panels;
  for (std::size_t k = 0; k < topology::link_kinds; ++k) {
    const auto kind = static_cast<topology::LinkKind>(k);
    const auto directions = list_directions(fabric, kind);
    if (directions[0].empty()) continue;
    const bool rises = rise_of(fabric, directions[0].front()) > 0;
    const std::optional<LeafSpineGrid> grid =
        kind == topology::LinkKind::leaf_spine ? lay_out_grid(fabric, panel_side) : std::nullopt;
    for (std::size_t way = 0; way < 2; ++way) {
      Panel panel =
          grid ? grid_panel(*grid, directions[way], outcome) : wrapped_panel(directions[way], outcome);
      const char* direction = way == 0 ? (rises ? "up" : "one way") : (rises ? "down" : "the other way");
      panel.heading = fmt::format("{} {}", study::name_of(kind), direction);
      panels.push_back(std::move(panel));
    }
  }
  return panels;
}

}  // namespace foretrain::report
