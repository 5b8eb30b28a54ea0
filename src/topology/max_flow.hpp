#pragma once
// Maximum flow and cheapest cut of an undirected network with whole-number capacities (Dinic, Soviet Math.
// Dokl. 11, 1970): levels by breadth first, then blocking flows by depth first. O(V^2 E) at worst, about
// O(E sqrt V) on the shallow networks here. (Boost.Graph's own refuse graphs whose links carry both ways.)

#include <cstdint>
#include <vector>

namespace foretrain::topology {

class MaxFlow {
 public:
  explicit MaxFlow(std::size_t nodes) : arcs_of_(nodes) {}

  void join(std::size_t a, std::size_t b, std::int64_t there, std::int64_t back);
  std::int64_t run(std::size_t source, std::size_t sink);
  // After run(): whether more could still flow from the source to here, one side of a cheapest cut.
  bool on_source_side(std::size_t node) const { return level_[node] >= 0; }

 private:
  struct Arc {
    std::uint32_t to = 0;
    std::int64_t left = 0;  // capacity not used; the arc back is the one whose number differs in the last bit
  };
  bool find_levels(std::size_t source, std::size_t sink);
  std::int64_t push(std::size_t node, std::size_t sink, std::int64_t most);

  std::vector<Arc> arcs_;
  std::vector<std::vector<std::uint32_t>> arcs_of_;
  std::vector<std::int32_t> level_;
  std::vector<std::size_t> next_;  // arcs of a node before this one lead nowhere in the present levels
};

}  // namespace foretrain::topology
