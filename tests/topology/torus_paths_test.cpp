#include "topology/torus_paths.hpp"

#include <algorithm>

#include "catch.hpp"
#include "topology/fabrics/torus.hpp"
#include "topology/route.hpp"
#include "topology/walk.hpp"

using namespace foretrain;
using namespace foretrain::topology;
using namespace foretrain::literals;

namespace {

Fabric torus(const TorusSize& size) {
  return fabrics::torus(size, {50_GBps, 500_ns}).value();
}

std::uint32_t count_nodes(const TorusSize& size) {
  return static_cast<std::uint32_t>(size[0] * size[1] * size[2]);
}

// 0 for x, 1 for y, 2 for z: by how far apart the numbers of the two nodes are.
std::size_t dimension_of(const TorusSize& size, const Link& link) {
  std::size_t found = 0;
  std::int64_t stride = 1;
  for (std::size_t d = 0; d < 3; stride *= size[d++])
    if (static_cast<std::int64_t>(index_of(link.a)) / stride % size[d] !=
        static_cast<std::int64_t>(index_of(link.b)) / stride % size[d])
      found = d;
  return found;
}

// Messages of an all-to-all over each channel.
std::vector<std::int64_t> load(const Fabric& f, const Paths& paths) {
  std::vector<std::int64_t> messages(2 * f.links.size(), 0);
  const auto n = static_cast<std::uint32_t>(f.endpoints.size());
  std::vector<Channel> path;
  for (std::uint32_t from = 0; from < n; ++from)
    for (std::uint32_t to = 0; to < n; ++to) {
      path.clear();
      paths.append(from, to, 0, path);
      for (const Channel c : path) ++messages[c];
    }
  return messages;
}

// Of a channel of this dimension, times two.
std::int64_t twice_even_share(const TorusSize& size, std::size_t along) {
  const std::int64_t n = count_nodes(size), k = size[along];
  return k == 2 ? n : n / k * (k * k / 4);
}

}  // namespace

TEST_CASE("a torus is crossed in shortest paths, dimension by dimension") {
  const TorusSize size =
      GENERATE(TorusSize{4, 4, 4}, TorusSize{5, 4, 3}, TorusSize{2, 3, 2}, TorusSize{1, 6, 2},
               TorusSize{2, 1, 1}, TorusSize{7, 1, 1}, TorusSize{2, 2, 2}, TorusSize{1, 1, 4});
  CAPTURE(size[0], size[1], size[2]);
  const Fabric f = torus(size);
  const Paths paths(f, Routing::static_rule, 1);
  const std::uint32_t n = count_nodes(size);
  for (std::uint32_t from = 0; from < n; ++from)
    for (std::uint32_t to = 0; to < n; ++to) {
      std::vector<Channel> path;
      paths.append(from, to, 0, path);
      REQUIRE(paths.joined(from, to));
      REQUIRE(is_walk(f, path, from, to));
      REQUIRE(path.size() == search_route(f, f.endpoints[from], f.endpoints[to]).size());
      REQUIRE(std::is_sorted(path.begin(), path.end(), [&](Channel a, Channel b) {
        return dimension_of(size, f.links[a / 2]) < dimension_of(size, f.links[b / 2]);
      }));
    }
}

TEST_CASE("all to all, every channel of a torus's dimension carries the same number of messages") {
  const TorusSize size = GENERATE(
      TorusSize{4, 4, 4}, TorusSize{5, 4, 3}, TorusSize{8, 8, 2}, TorusSize{6, 6, 1}, TorusSize{6, 4, 5},
      TorusSize{3, 6, 2}, TorusSize{8, 3, 1}, TorusSize{3, 5, 4}, TorusSize{5, 5, 5}, TorusSize{2, 2, 2},
      TorusSize{9, 1, 1}, TorusSize{8, 1, 1}, TorusSize{2, 1, 1}, TorusSize{10, 6, 2});
  CAPTURE(size[0], size[1], size[2]);
  const Fabric f = torus(size);
  const std::vector<std::int64_t> messages = load(f, Paths(f, Routing::static_rule, 1));
  for (std::size_t c = 0; c < messages.size(); ++c)
    REQUIRE(2 * messages[c] == twice_even_share(size, dimension_of(size, f.links[c / 2])));
}

TEST_CASE("a length of twice an odd number beside odd ones is off by half a message") {
  const TorusSize size = GENERATE(TorusSize{6, 1, 1}, TorusSize{6, 3, 3}, TorusSize{3, 10, 1});
  CAPTURE(size[0], size[1], size[2]);
  const Fabric f = torus(size);
  const std::vector<std::int64_t> messages = load(f, Paths(f, Routing::static_rule, 1));
  for (std::size_t c = 0; c < messages.size(); ++c) {
    const std::size_t along = dimension_of(size, f.links[c / 2]);
    const std::int64_t off = 2 * messages[c] - twice_even_share(size, along);
    REQUIRE((size[along] % 2 == 0 ? off == 1 || off == -1 : off == 0));
  }
}

TEST_CASE("with a link down a torus is gone round by other shortest ways") {
  Fabric f = torus({4, 4, 1});
  f.links[0].capacity = {};
  const Paths paths(f, Routing::static_rule, 1);
  std::vector<Channel> path;
  paths.append(0, 1, 0, path);
  CHECK(is_walk(f, path, 0, 1));
  CHECK(path.size() == 3);
}
