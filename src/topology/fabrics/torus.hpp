#pragma once
// A torus of up to three dimensions: nodes that are endpoint and router at once, each joined to its
// neighbours, round the edge too. A dimension of two has one link between its nodes, not two; one of one has
// none (Dally and Towles, "Principles and Practices of Interconnection Networks", 2004, chapter 5).

#include <tl/expected.hpp>

#include "topology/fabrics/cables.hpp"

namespace foretrain::topology::fabrics {

tl::expected<Fabric, std::string> torus(const TorusSize& size, const Cable& cable);

}  // namespace foretrain::topology::fabrics
