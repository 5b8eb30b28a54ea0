#include "topology/fabrics/fat_tree3.hpp"

#include <fmt/core.h>

namespace foretrain::topology::fabrics {

tl::expected<Fabric, std::string> fat_tree3(const FatTree3& t, const Cables& cables) {
  if (t.endpoints < 1) return tl::unexpected(std::string("a fat tree needs endpoints"));
  if (t.switch_ports < 2 || t.switch_ports % 2 != 0)
    return tl::unexpected(
        fmt::format("a switch of {} ports has no equal halves up and down", t.switch_ports));
  const std::int64_t half = t.switch_ports / 2, leaves = divide_up(t.endpoints, half);
  const std::int64_t pods = divide_up(leaves, half);
  if (pods > t.switch_ports)
    return tl::unexpected(fmt::format("{} endpoints exceed the {} that three layers of {}-port switches join",
                                      t.endpoints, t.switch_ports * half * half, t.switch_ports));
  const std::int64_t group = pods > 1 ? divide_up(pods * half, t.switch_ports) : 0;  // cores of a group
  Wiring wiring("three-layer-fat-tree");
  const std::int64_t endpoint = wiring.add_endpoints(t.endpoints);
  const std::int64_t leaf = wiring.add(leaves, NodeKind::leaf);
  const std::int64_t spine = leaves > 1 ? wiring.add(pods * half, NodeKind::spine) : 0;
  const std::int64_t core = wiring.add(half * group, NodeKind::core);
  for (std::int64_t e = 0; e < t.endpoints; ++e)
    wiring.join(endpoint + e, leaf + e / half, LinkKind::nic, cables.endpoint);
  for (std::int64_t l = 0; leaves > 1 && l < leaves; ++l)
    for (std::int64_t s = 0; s < half; ++s)
      wiring.join(leaf + l, spine + l / half * half + s, LinkKind::leaf_spine, cables.trunk);
  for (std::int64_t pod = 0; group > 0 && pod < pods; ++pod)
    for (std::int64_t s = 0; s < half; ++s)
      for (std::int64_t up = 0; up < half; ++up)
        wiring.join(spine + pod * half + s, core + s * group + (pod * half + up) % group,
                    LinkKind::spine_core, cables.trunk);
  if (t.endpoints % (half * half) == 0) wiring.typical(1);
  if (t.endpoints % (2 * half * half) == 0)
    wiring.bisection(pods * half * half / 2, cables.trunk, true,
                     "half of the pods' uplinks (Leiserson 1985)");
  return wiring.take();
}

}  // namespace foretrain::topology::fabrics
