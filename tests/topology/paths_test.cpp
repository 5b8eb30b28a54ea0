#include "topology/paths.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include "catch.hpp"
#include "topology/fabrics/dragonfly.hpp"
#include "topology/fabrics/fat_tree2.hpp"
#include "topology/fabrics/fat_tree3.hpp"
#include "topology/fabrics/nvlink_domain.hpp"
#include "topology/fabrics/slim_fly.hpp"
#include "topology/fabrics/torus.hpp"
#include "topology/measure.hpp"
#include "topology/route.hpp"
#include "topology/walk.hpp"

using namespace foretrain;
using namespace foretrain::topology;
using namespace foretrain::literals;

namespace {

const fabrics::Cables path_cables{{50_GBps, 500_ns}, {50_GBps, 500_ns}};

Fabric leaf_spine(std::int64_t endpoints, std::int64_t ports, double over = 1) {
  return fabrics::fat_tree2({endpoints, ports, over}, path_cables).value();
}

std::uint32_t busiest(const Fabric& f, const Paths& paths, std::uint32_t shift) {
  std::map<Channel, std::uint32_t> flows;
  const auto n = static_cast<std::uint32_t>(f.endpoints.size());
  std::uint32_t most = 0;
  for (std::uint32_t from = 0; from < n; ++from) {
    std::vector<Channel> path;
    paths.append(from, (from + shift) % n, from, path);
    for (const Channel c : path) most = std::max(most, ++flows[c]);
  }
  return most;
}

}  // namespace

TEST_CASE("a path of a leaf-spine network goes up to the common level and down") {
  const Fabric f = leaf_spine(32, 8);
  for (const Routing r : {Routing::shortest, Routing::ecmp, Routing::static_rule, Routing::adaptive}) {
    const Paths paths(f, r, 7);
    for (std::uint32_t from = 0; from < 32; ++from)
      for (std::uint32_t to = 0; to < 32; ++to) {
        std::vector<Channel> path;
        paths.append(from, to, 11, path);
        CHECK(is_walk(f, path, from, to));
        CHECK(path.size() == (from == to ? 0U : from / 4 == to / 4 ? 2U : 4U));
      }
  }
}

TEST_CASE("by destination no shift meets itself on a full tree, also where cables are parallel") {
  for (const std::int64_t endpoints : {8, 16, 32}) {
    const Fabric f = leaf_spine(endpoints, 8);
    const Paths paths(f, Routing::static_rule, 0);
    for (std::uint32_t shift = 1; shift < endpoints; ++shift) CHECK(busiest(f, paths, shift) == 1);
  }
}

TEST_CASE("a hash puts two flows of a shift on one uplink, and another flow number moves them") {
  const Fabric f = leaf_spine(32, 8);
  const Paths paths(f, Routing::ecmp, 3);
  CHECK(busiest(f, paths, 4) > 1);
  std::vector<std::uint32_t> used(f.links.size());
  for (std::uint64_t flow = 0; flow < 4000; ++flow) {
    std::vector<Channel> path;
    paths.append(0, 31, flow, path);
    ++used[path[1] / 2];
  }
  for (std::size_t link = 32; link < 36; ++link) CHECK(used[link] == Approx(1000).epsilon(0.15));
}

TEST_CASE("choices are as many paths, all different") {
  for (const std::int64_t endpoints : {16, 32}) {
    const Fabric f = leaf_spine(endpoints, 8);
    const Paths paths(f, Routing::adaptive, 0);
    const auto last = static_cast<std::uint32_t>(endpoints - 1);
    CHECK(paths.choices(0, 1) == 1);
    CHECK(paths.choices(0, last) == (endpoints == 32 ? 4U : 8U));  // 2 spines by 2 path_cables up and 2 down
    std::vector<std::vector<Channel>> all;
    for (std::uint32_t choice = 0; choice < paths.choices(0, last); ++choice) {
      all.emplace_back();
      paths.append_choice(0, last, choice, all.back());
      CHECK(is_walk(f, all.back(), 0, last));
    }
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
  }
}

TEST_CASE("a link that is down is gone round, and a lone endpoint is not joined") {
  Fabric f = leaf_spine(32, 8);
  for (std::size_t up = 32; up < 35; ++up) f.links[up].capacity = {};  // leaf 0 keeps one uplink
  f.links[9].capacity = {};                                            // endpoint 9 is cut off
  const Paths paths(f, Routing::ecmp, 1);
  CHECK(paths.choices(0, 31) == 1);
  std::vector<Channel> path;
  paths.append(0, 31, 5, path);
  CHECK(path[1] == 2 * 35);
  path.clear();
  paths.append(0, 9, 5, path);
  CHECK(path.empty());
  CHECK_FALSE(paths.joined(0, 9));
  CHECK_FALSE(paths.joined(9, 0));
  CHECK(paths.joined(0, 1));
}

TEST_CASE("on every kind of network all routings take shortest paths, as breadth-first search finds them") {
  for (const Fabric& f :
       {leaf_spine(40, 8, 3), fabrics::fat_tree3({100, 8}, path_cables).value(),
        fabrics::slim_fly(4, path_cables).value(), fabrics::slim_fly(5, path_cables).value(),
        fabrics::torus({3, 4, 2}, path_cables.trunk).value(),
        fabrics::nvlink_domain(72, path_cables.trunk).value()}) {
    INFO(f.kind);
    const auto n = static_cast<std::uint32_t>(f.endpoints.size());
    for (const Routing r : {Routing::shortest, Routing::ecmp, Routing::static_rule, Routing::adaptive}) {
      const Paths paths(f, r, 1);
      for (std::uint32_t from = 0; from < n; from += 9)
        for (std::uint32_t to = 0; to < n; to += 5) {
          std::vector<Channel> path;
          paths.append(from, to, 2, path);
          REQUIRE(is_walk(f, path, from, to));
          REQUIRE(path.size() == search_route(f, f.endpoints[from], f.endpoints[to]).size());
        }
    }
  }
}

TEST_CASE("choices of a torus and a three-layer tree are shortest paths too") {
  for (const Fabric& f : {fabrics::torus({4, 4, 4}, path_cables.trunk).value(),
                          fabrics::fat_tree3({128, 8}, path_cables).value()}) {
    const Paths paths(f, Routing::adaptive, 1);
    const auto last = static_cast<std::uint32_t>(f.endpoints.size() - 1);
    // Of the torus the far corner (2, 2, 2): 6! / 2!^3 orders, 2^3 directions.
    const std::uint32_t to = f.kind == "torus" ? 42 : last;
    const std::uint32_t choices = paths.choices(0, to);
    CHECK(choices == (f.kind == "torus" ? 720 : 16));
    std::vector<Channel> path;
    for (std::uint32_t choice = 0; choice < choices; ++choice) {
      path.clear();
      paths.append_choice(0, to, choice, path);
      REQUIRE(is_walk(f, path, 0, to));
      REQUIRE(path.size() == 6);
    }
  }
}

TEST_CASE("a Dragonfly's paths are minimal: at most one global link between two local ones") {
  for (const std::int64_t groups : {9, 5}) {
    const Fabric f = fabrics::dragonfly({4, 2, 2, groups}, path_cables).value();
    const auto n = static_cast<std::uint32_t>(f.endpoints.size());
    const Paths paths(f, Routing::ecmp, 1);
    for (std::uint32_t from = 0; from < n; from += 3)
      for (std::uint32_t to = 0; to < n; ++to) {
        std::vector<Channel> path;
        paths.append(from, to, 0, path);
        REQUIRE(is_walk(f, path, from, to));
        const auto over = [&](LinkKind kind) {
          return std::count_if(path.begin(), path.end(),
                               [&](Channel c) { return f.links[c / 2].kind == kind; });
        };
        REQUIRE(over(LinkKind::global) == (from / 8 == to / 8 ? 0 : 1));
        REQUIRE(over(LinkKind::local) <= 2);
      }
  }
}

TEST_CASE("in a full three-layer tree no shift meets itself by destination") {
  for (const std::int64_t endpoints : {64, 128}) {
    const Fabric f = fabrics::fat_tree3({endpoints, 8}, path_cables).value();
    const Paths paths(f, Routing::static_rule, 0);
    for (std::uint32_t shift = 1; shift < endpoints; ++shift) CHECK(busiest(f, paths, shift) == 1);
  }
}

TEST_CASE("several threads asking at once get the answers that one would") {
  const Fabric f = fabrics::slim_fly(5, path_cables).value();
  const auto n = static_cast<std::uint32_t>(f.endpoints.size());
  const auto all = [&](const Paths& paths) {
    std::vector<Channel> list;
    for (std::uint32_t from = 0; from < n; from += 3)
      for (std::uint32_t to = 0; to < n; ++to) paths.append(from, to, 1, list);
    return list;
  };
  const std::vector<Channel> expected = all(Paths(f, Routing::ecmp, 1));
  const Paths shared(f, Routing::ecmp, 1);
  std::vector<std::vector<Channel>> found(4);
  std::vector<std::thread> threads;
  for (auto& list : found) threads.emplace_back([&] { list = all(shared); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& list : found) CHECK(list == expected);
}

TEST_CASE("an endpoint on two switches sends over both and never passes messages on") {
  Fabric f{
      .kind = "custom",
      .nodes = {NodeKind::endpoint, NodeKind::endpoint, NodeKind::endpoint, NodeKind::leaf, NodeKind::leaf},
      .links = {},
      .endpoints = {},
      .layout = {},
      .torus = {},
      .typical = {},
      .bisection = {}};
  const auto join = [&](std::size_t a, std::size_t b, LinkKind kind) {
    f.links.push_back({id_of<NodeId>(a), id_of<NodeId>(b), kind, 50_GBps, {}});
  };
  for (std::size_t i = 0; i < 3; ++i) f.endpoints.push_back(id_of<NodeId>(i));
  join(0, 3, LinkKind::nic);
  join(1, 4, LinkKind::nic);
  join(2, 3, LinkKind::nic);
  join(2, 4, LinkKind::nvlink);  // dearer than the search's other links
  const Paths paths(f, Routing::ecmp, 0);
  std::vector<Channel> path;
  paths.append(2, 1, 0, path);
  CHECK(path == std::vector<Channel>{6, 3});
  CHECK(paths.joined(0, 2));
  CHECK(paths.joined(1, 2));
  CHECK_FALSE(paths.joined(0, 1));
  CHECK(measure_distances(f).joined == Approx(4.0 / 6));
}
