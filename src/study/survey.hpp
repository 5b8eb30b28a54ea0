#pragma once
// A network in numbers: what topology measures of its graph, and what it costs at its file's prices. Cost of
// the call: that of topology/measure.hpp, seconds for the largest networks.

#include <optional>

#include "spec/network.hpp"
#include "topology/measure.hpp"

namespace foretrain::study {

struct NetworkCost {  // of switches and of links between switches; not of hosts, cards and their cables
  Dollars switches{}, links{}, total{};
  Dollars per_endpoint{};
};

struct Survey {
  topology::FabricCounts counts;
  topology::Distances distances;
  std::optional<topology::Bisection> bisection;
  double full_bisection = 0;  // its share of what half of the endpoints can send; 0: not known
  std::optional<NetworkCost> cost;
};

Survey survey(const spec::Network& network);

}  // namespace foretrain::study
