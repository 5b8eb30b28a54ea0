#include "topology/fabrics/dragonfly.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace foretrain::topology::fabrics {
namespace {

// For each other group, counted from the own one, how many links lead there; the same seen from both ends.
std::vector<std::int64_t> list_links(std::int64_t groups, std::int64_t ports) {
  std::vector<std::int64_t> links(static_cast<std::size_t>(groups), ports / (groups - 1));
  links[0] = 0;
  std::int64_t left = ports % (groups - 1);
  if (left % 2 == 1 && groups % 2 == 0) ++links[static_cast<std::size_t>(groups / 2)], --left;
  for (std::int64_t distance = 1; left >= 2 && distance < divide_up(groups, 2); ++distance, left -= 2)
    ++links[static_cast<std::size_t>(distance)], ++links[static_cast<std::size_t>(groups - distance)];
  return links;
}

// The links between all groups of a routers with h global ports each.
template <class Join>
void join_groups(const std::vector<std::int64_t>& links, std::int64_t a, std::int64_t h, Join join) {
  const auto groups = static_cast<std::int64_t>(links.size());
  std::vector<std::int64_t> first_port(links.size());  // of the links to the group this far on
  for (std::size_t i = 1; i < links.size(); ++i) first_port[i] = first_port[i - 1] + links[i - 1];
  for (std::int64_t group = 0; group < groups; ++group)
    for (std::int64_t other = group + 1; other < groups; ++other) {
      const auto out = static_cast<std::size_t>(other - group), back = links.size() - out;
      for (std::int64_t copy = 0; copy < links[out]; ++copy)
        join(group * a + (first_port[out] + copy) / h, other * a + (first_port[back] + copy) / h,
             LinkKind::global);
    }
}

}  // namespace

tl::expected<Fabric, std::string> dragonfly(const Dragonfly& d, const Cables& cables) {
  const std::int64_t a = d.routers_per_group, h = d.global_links_per_router, ports = a * h;
  if (a < 1 || d.endpoints_per_router < 1 || h < 0)
    return tl::unexpected(std::string("a dragonfly needs routers in a group and endpoints on a router"));
  const std::int64_t groups = d.groups > 0 ? d.groups : ports + 1;
  if (groups > ports + 1)
    return tl::unexpected(fmt::format("{} groups need {} global links each, {} routers of {} have {}", groups,
                                      groups - 1, a, h, ports));
  Wiring wiring("dragonfly");
  const std::int64_t routers = groups * a, endpoints = routers * d.endpoints_per_router;
  const std::int64_t endpoint = wiring.add_endpoints(endpoints);
  const std::int64_t router = wiring.add(routers, NodeKind::router);
  for (std::int64_t e = 0; e < endpoints; ++e)
    wiring.join(endpoint + e, router + e / d.endpoints_per_router, LinkKind::nic, cables.endpoint);
  std::int64_t cut = 0;  // links between the first half of the routers and the others
  const auto join = [&](std::int64_t from, std::int64_t to, LinkKind kind) {
    wiring.join(router + from, router + to, kind, cables.trunk);
    cut += (from < routers / 2) != (to < routers / 2);
  };
  for (std::int64_t group = 0; group < groups; ++group)
    for (std::int64_t r = 0; r < a; ++r)
      for (std::int64_t other = r + 1; other < a; ++other)
        join(group * a + r, group * a + other, LinkKind::local);
  if (groups > 1) join_groups(list_links(groups, ports), a, h, join);
  wiring.typical(a * d.endpoints_per_router);  // one group: turning the groups is a symmetry
  if (routers % 2 == 0) wiring.bisection(cut, cables.trunk, false, "between halves of the groups");
  return wiring.take();
}

}  // namespace foretrain::topology::fabrics
