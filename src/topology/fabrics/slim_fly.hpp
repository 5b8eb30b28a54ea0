#pragma once
// A Slim Fly (Besta and Hoefler, SC 2014): the graphs of McKay, Miller and Siran (J. Combin. Theory B 74,
// 1998; sets of differences as in Hafner, Discrete Math. 281, 2004), 2 q^2 routers of degree (3 q - d) / 2
// any two of which are joined or share a neighbour, for q = 4 w + d a power of a prime and d = -1, 0 or 1.
// Each router has half as many endpoints as links, rounded up.
//
// The counts alone follow for any such q by count_slim_fly(), power of a prime or not: the published row of
// 32928 endpoints on 1568 switches (arXiv:2505.09343, Table 3) is the formula at q = 28, of which there is no
// graph. The largest that 64-port switches can build is q = 27: 30618 endpoints on 1458 switches.

#include <tl/expected.hpp>

#include "topology/fabrics/cables.hpp"

namespace foretrain::topology::fabrics {

struct SlimFlyCounts {
  std::int64_t routers = 0, degree = 0, endpoints_per_router = 0, links = 0;
};
tl::expected<SlimFlyCounts, std::string> count_slim_fly(std::int64_t q);

tl::expected<Fabric, std::string> slim_fly(std::int64_t q, const Cables& cables);

}  // namespace foretrain::topology::fabrics
