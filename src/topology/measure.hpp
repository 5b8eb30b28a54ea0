#pragma once
// What a network is, in numbers: parts counted, distances, bisection. All from the graph itself, but for the
// bisections that are known in closed form (topology/bisection.hpp).
//
// Distances count links on the shortest way, whatever they carry; paths may be longer where routing prefers
// (topology/paths.hpp). They are exact when every endpoint's switch is searched from, or when a generator
// says which endpoints are typical of all; above `most_visits` link visits evenly spaced endpoints are
// searched from, which is said. Links that are down do not count. Cost: O(searches x links), 5 ns a visit.

#include <array>
#include <cstdint>
#include <string_view>

#include "topology/fabric.hpp"

namespace foretrain::topology {

// What people call so many of them: "leaves", "leaf to spine".
std::string_view name_of(NodeKind kind, std::int64_t number);
std::string_view name_of(LinkKind kind, std::int64_t number);
constexpr std::size_t node_kinds = 8, link_kinds = 8;

// Switches of the network proper: leaves, spines, cores, routers; not NVSwitches, and not the nodes of a
// torus, which are endpoints.
struct FabricCounts {
  std::array<std::int64_t, node_kinds> nodes{};  // by NodeKind
  std::array<std::int64_t, link_kinds> links{};  // by LinkKind
  std::int64_t endpoints = 0, switches = 0, links_in_all = 0;
  std::int64_t trunks = 0;                        // between switches, or between nodes of a torus
  std::int64_t most_ports = 0, fewest_ports = 0;  // used of a switch
};
FabricCounts count(const Fabric& fabric);

struct Distances {
  enum class How : std::uint8_t { all, by_symmetry, sampled };
  How how = How::all;
  std::int64_t searched = 0;         // endpoints' switches that were searched from
  std::int64_t diameter = 0;         // links between two endpoints, the most; of a sample, at least
  std::int64_t switch_diameter = 0;  // from an endpoint's switch to any other; 0 where it has several
  double mean = 0;                   // over ordered pairs of different endpoints that are joined
  double joined = 1;                 // share of pairs that are
};
Distances measure_distances(const Fabric& fabric, std::int64_t most_visits = 500'000'000);

}  // namespace foretrain::topology
