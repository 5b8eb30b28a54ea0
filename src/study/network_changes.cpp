#include "study/network_changes.hpp"

#include <fmt/core.h>

#include <array>

namespace foretrain::study {
namespace {

using topology::Routing;

void add_links(const spec::Scenario& scenario, WhatQuestion& q) {
  const auto add = [&](std::string name, std::function<void(WhatParts&)> parts) {
    q.changes.push_back({std::move(name), {}, std::move(parts)});
  };
  const auto nvlink = [&](double gigabytes) {
    const Bandwidth rate = bytes(gigabytes * 1e9) / seconds(1);
    if (rate == scenario.gpu.nvlink.value) return;
    add(fmt::format("NVLink of {:.0f} GB/s a direction", gigabytes), [rate](WhatParts& parts) {
      auto& gpu = parts.gpu;
      gpu.nvlink_achieved.value = gpu.nvlink_achieved.value * (rate / gpu.nvlink.value);
      gpu.nvlink.value = rate;
    });
  };
  nvlink(200);
  nvlink(450);
  const auto nic = [&](std::string name, double factor) {
    add(std::move(name), [factor](WhatParts& parts) {
      for (auto* rate : {&parts.nic.line_rate, &parts.nic.achieved, &parts.nic.rings})
        rate->value = rate->value * factor;
    });
  };
  nic("NICs of half the rate", 0.5);
  nic("NICs of twice the rate", 2);
}

constexpr std::string_view name_of(Routing routing) {
  constexpr std::array<std::string_view, 4> names{"first way", "ECMP", "static", "adaptive"};
  return names[static_cast<std::size_t>(routing)];
}

// The first row is the cluster as it is, with its flows counted instead of assumed to miss each other.
void add_fabrics(const spec::Scenario& scenario, WhatQuestion& q) {
  using Kind = topology::FabricSpec::Kind;
  const bool planes = scenario.cluster.fabric.kind == Kind::multi_plane_fat_tree;
  const std::string here = planes ? "planes" : "one tree", there = planes ? "one tree" : "planes";
  const auto as_it_is = [](WhatParts&) {};
  const auto other_kind = [planes](WhatParts& parts) {
    auto& fabric = parts.cluster.fabric;
    fabric.kind = planes ? Kind::multi_rail_fat_tree : Kind::multi_plane_fat_tree;
    fabric.planes = planes ? 1 : parts.cluster.nics_per_node;
  };
  const auto fewer_uplinks = [](WhatParts& parts) { parts.cluster.fabric.oversubscription = 2; };
  const auto add = [&](const std::string& fabric, const std::function<void(WhatParts&)>& parts,
                       bool at_random, std::initializer_list<Routing> routings) {
    for (const Routing r : routings)
      q.changes.push_back({fmt::format("{}, {}{}", fabric, name_of(r), at_random ? ", at random" : ""),
                           {},
                           parts,
                           true,
                           FabricChange{r, at_random}});
  };
  add(here, as_it_is, false, {Routing::static_rule, Routing::ecmp, Routing::adaptive});
  add(there, other_kind, false, {Routing::static_rule, Routing::ecmp, Routing::adaptive});
  add(here, as_it_is, true, {Routing::static_rule, Routing::ecmp, Routing::adaptive});
  if (scenario.cluster.fabric.oversubscription == 2) return;
  add(here + " 2:1", fewer_uplinks, false, {Routing::static_rule, Routing::adaptive});
  add(here + " 2:1", fewer_uplinks, true, {Routing::static_rule, Routing::adaptive});
}

}  // namespace

WhatQuestion network_changes(const spec::Scenario& scenario) {
  WhatQuestion q{
      "WHAT ANOTHER NETWORK COSTS OR GIVES: links and fabric changed for the whole cluster", {}, {}};
  add_links(scenario, q);
  const std::size_t links = q.changes.size();
  add_fabrics(scenario, q);
  q.notes = {
      "NVLink: 200 GB/s a direction is an H800's, 450 an H100's (data sheets); the achieved share of it is "
      "kept. SMs that copy tokens are kept too, and bound what a faster NVLink gives.",
      "Planes: a fat tree for each rail; one tree: all rails in one; 2:1: leaves with twice as many ports "
      "down "
      "as up. Static: by destination; ECMP: by hash, one flow a message; adaptive: a flow takes the least "
      "loaded way when it starts. Nodes lie over the leaves in the order of their ranks or at random. Where "
      "hashes or places are drawn, the step is the mean of three draws.",
      fmt::format("\"{}\" is the cluster as it is, its flows counted.", q.changes[links].name)};
  return q;
}

}  // namespace foretrain::study
