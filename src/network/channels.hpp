#pragma once
// The channels of a fabric as the flow network sees them: two a link, each with the capacity that flows get
// to share and the latency that messages pay.
//
// `Efficiency` is the share of a link's capacity that payload reaches, by kind of link, as measured for that
// kind alone; 1 where the fabric's capacities are already achieved rates. Memory: 17 bytes a channel.

#include <array>
#include <cstdint>
#include <vector>

#include "sim/clock.hpp"
#include "topology/fabric.hpp"
#include "topology/measure.hpp"
#include "topology/paths.hpp"

namespace foretrain::network {

struct Efficiency {
  std::array<double, topology::link_kinds> of{1, 1, 1, 1, 1, 1, 1, 1};  // by LinkKind, in (0, 1]
  double operator[](topology::LinkKind kind) const { return of[static_cast<std::size_t>(kind)]; }
};

struct Channels {
  std::vector<double> capacities;       // bytes a second
  std::vector<std::int64_t> latencies;  // ticks
  std::vector<topology::LinkKind> kinds;
  std::size_t size() const { return capacities.size(); }
};

Channels list_channels(const topology::Fabric& fabric, const Efficiency& efficiency = {});

}  // namespace foretrain::network
