#include "report/leaf_spine_grid.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace foretrain::report {
namespace {

using topology::Fabric;
using topology::LinkKind;
using topology::NodeKind;

struct Cable {
  std::size_t link, leaf, spine;  // link and nodes
};

std::optional<std::vector<Cable>> list_cables(const Fabric& fabric) {
  std::vector<Cable> cables;
  for (std::size_t i = 0; i < fabric.links.size(); ++i) {
    const topology::Link& link = fabric.links[i];
    if (link.kind == LinkKind::spine_core) return std::nullopt;
    if (link.kind != LinkKind::leaf_spine) continue;
    std::size_t leaf = index_of(link.a), spine = index_of(link.b);
    if (fabric.nodes[leaf] == NodeKind::spine) std::swap(leaf, spine);
    if (fabric.nodes[leaf] != NodeKind::leaf || fabric.nodes[spine] != NodeKind::spine) return std::nullopt;
    cables.push_back({i, leaf, spine});
  }
  return cables;
}

// The first node of what is joined to each, by joining two at a time.
class Joined {
 public:
  explicit Joined(std::size_t nodes) : first_(nodes) { std::iota(first_.begin(), first_.end(), 0); }
  std::size_t first_of(std::size_t node) {
    while (first_[node] != node) node = first_[node] = first_[first_[node]];
    return node;
  }
  void join(std::size_t a, std::size_t b) {
    a = first_of(a);
    b = first_of(b);
    first_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> first_;
};

}  // namespace

std::optional<LeafSpineGrid> lay_out_grid(const Fabric& fabric, std::size_t most_planes) {
  const std::optional<std::vector<Cable>> cables = list_cables(fabric);
  if (!cables || cables->empty()) return std::nullopt;
  Joined joined(fabric.nodes.size());
  for (const Cable& cable : *cables) joined.join(cable.leaf, cable.spine);
  LeafSpineGrid grid;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> parallels;
  std::map<std::size_t, std::size_t> planes, switches;  // a plane's first node; a switch's place in its plane
  for (const Cable& cable : *cables) {
    grid.cables = std::max(grid.cables, ++parallels[{cable.leaf, cable.spine}]);
    switches[cable.leaf] = switches[cable.spine] = 0;
  }
  std::map<std::pair<std::size_t, NodeKind>, std::size_t> placed;
  for (auto& [node, place] : switches) {
    const std::size_t plane = planes.emplace(joined.first_of(node), planes.size()).first->second;
    std::size_t& next = placed[{plane, fabric.nodes[node]}];
    place = next++;
    std::size_t& most = fabric.nodes[node] == NodeKind::leaf ? grid.rows : grid.columns;
    most = std::max(most, next);
  }
  grid.planes = planes.size();
  if (grid.planes > most_planes) return std::nullopt;
  grid.columns *= grid.cables;
  grid.places.resize(fabric.links.size());
  parallels.clear();
  for (const Cable& cable : *cables)
    grid.places[cable.link] = {
        planes.at(joined.first_of(cable.leaf)), switches.at(cable.leaf),
        switches.at(cable.spine) * grid.cables + parallels[{cable.leaf, cable.spine}]++};
  return grid;
}

}  // namespace foretrain::report
