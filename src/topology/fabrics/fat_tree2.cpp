#include "topology/fabrics/fat_tree2.hpp"

#include <fmt/core.h>

#include "topology/cluster.hpp"

namespace foretrain::topology::fabrics {

tl::expected<Fabric, std::string> fat_tree2(const FatTree2& t, const Cables& cables) {
  if (t.endpoints < 1) return tl::unexpected(std::string("a fat tree needs endpoints"));
  if (t.switch_ports < 2 || (t.oversubscription == 1 && t.switch_ports % 2 != 0))
    return tl::unexpected(
        fmt::format("a switch of {} ports has no equal halves up and down", t.switch_ports));
  if (t.oversubscription < 1)
    return tl::unexpected(
        fmt::format("an oversubscription of {} would leave uplinks idle", t.oversubscription));
  const std::int64_t down =
      ports_down({.switch_ports = t.switch_ports, .oversubscription = t.oversubscription});
  const std::int64_t up = t.switch_ports - down, leaves = divide_up(t.endpoints, down);
  if (leaves > t.switch_ports)
    return tl::unexpected(fmt::format("{} endpoints exceed the {} that two layers of {}-port switches join",
                                      t.endpoints, t.switch_ports * down, t.switch_ports));
  const std::int64_t spines = leaves > 1 ? divide_up(leaves * up, t.switch_ports) : 0;
  Wiring wiring("two-layer-fat-tree");
  const std::int64_t endpoint = wiring.add_endpoints(t.endpoints);
  const std::int64_t leaf = wiring.add(leaves, NodeKind::leaf), spine = wiring.add(spines, NodeKind::spine);
  for (std::int64_t e = 0; e < t.endpoints; ++e)
    wiring.join(endpoint + e, leaf + e / down, LinkKind::nic, cables.endpoint);
  for (std::int64_t i = 0; spines > 0 && i < leaves * up; ++i)
    wiring.join(leaf + i / up, spine + i % spines, LinkKind::leaf_spine, cables.trunk);
  if (t.endpoints % down == 0) wiring.typical(1);
  if (t.endpoints % (2 * down) == 0)
    wiring.bisection(leaves * up / 2, cables.trunk, true, "half of the leaves' uplinks (Leiserson 1985)");
  return wiring.take();
}

}  // namespace foretrain::topology::fabrics
