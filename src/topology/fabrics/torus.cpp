#include "topology/fabrics/torus.hpp"

#include <algorithm>

namespace foretrain::topology::fabrics {

tl::expected<Fabric, std::string> torus(const TorusSize& size, const Cable& cable) {
  if (std::any_of(size.begin(), size.end(), [](std::int64_t n) { return n < 1; }))
    return tl::unexpected(std::string("a torus needs at least one node in each dimension"));
  const auto [nx, ny, nz] = size;
  Wiring wiring("torus");
  const std::int64_t nodes = nx * ny * nz;
  wiring.add(nodes, NodeKind::router);
  for (std::int64_t i = 0; i < nodes; ++i) wiring.sends(i);
  wiring.typical(1);
  std::int64_t stride = 1;
  for (const std::int64_t n : size) {
    for (std::int64_t i = 0; i < nodes; ++i) {
      const std::int64_t at = i / stride % n;
      if (at + 1 < n)
        wiring.join(i, i + stride, LinkKind::mesh, cable);
      else if (n > 2)
        wiring.join(i, i - at * stride, LinkKind::mesh, cable);
    }
    stride *= n;
  }
  const std::int64_t longest = *std::max_element(size.begin(), size.end());
  if (longest % 2 == 0)
    wiring.bisection((longest > 2 ? 2 : 1) * nodes / longest, cable, true,
                     "across the longest dimension (Dally and Towles 2004, section 5.3)");
  Fabric fabric = wiring.take();
  fabric.torus = size;
  return fabric;
}

}  // namespace foretrain::topology::fabrics
