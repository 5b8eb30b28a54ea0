#pragma once
// How many links must be cut to part a network in two halves of endpoints.
//
// Generators know it where their kind has a closed form (Fabric::bisection): fat trees of whole leaves, tori
// of even length exactly; Dragonfly and Slim Fly as an upper bound, the cut between halves of their groups or
// columns, since a better one may go through these. Any other graph: the cheapest cut between the first half
// of the endpoints and the others, by maximum flow; an upper bound too, as other halves may part more easily.
//
// Cost of the flow: topology/max_flow.hpp. Above `most_links` there is no answer.

#include <optional>

#include "topology/fabric.hpp"

namespace foretrain::topology {

std::optional<Bisection> find_bisection(const Fabric& fabric, std::size_t most_links = 20'000);

// The cheapest cut between the first half of the endpoints and the others.
Bisection cut_by_flow(const Fabric& fabric);

}  // namespace foretrain::topology
