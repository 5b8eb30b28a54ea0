#include "topology/placement.hpp"

#include "catch.hpp"

using namespace foretrain;
using topology::ClusterSpec;

TEST_CASE("at random nodes change places, whole and with their rails") {
  ClusterSpec cluster;
  cluster.gpus = 256;
  const auto order = topology::place_in_order(cluster), any = topology::place_at_random(cluster, 1);
  for (std::uint32_t g = 0; g < 256; ++g) CHECK(order[g] == g);
  CHECK(any != order);
  CHECK(any == topology::place_at_random(cluster, 1));
  CHECK(any != topology::place_at_random(cluster, 2));
  for (std::size_t g = 0; g < 256; ++g) {
    CHECK(any[g] % 8 == g % 8);
    CHECK(any[g] / 8 == any[g / 8 * 8] / 8);
  }
  auto sorted = any;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == order);
}

TEST_CASE("every node can come to every place") {
  ClusterSpec cluster;
  cluster.gpus = 32;
  std::array<int, 16> seen{};  // [node * 4 + place]
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const auto placed = topology::place_at_random(cluster, seed);
    for (std::size_t node = 0; node < 4; ++node) ++seen[node * 4 + placed[node * 8] / 8];
  }
  for (const int times : seen) CHECK(times == Approx(100).margin(40));  // 4.6 standard deviations
}

TEST_CASE("a rack moves as a whole, one that is not full stays") {
  ClusterSpec cluster;
  cluster.gpus = 72 * 5 + 8;
  cluster.gpus_per_node = cluster.nics_per_node = 4;
  cluster.nvlink_domain = 72;
  const auto placed = topology::place_at_random(cluster, 1);
  for (std::size_t g = 0; g < 360; ++g) CHECK(placed[g] == placed[g / 72 * 72] + g % 72);
  for (std::size_t g = 360; g < 368; ++g) CHECK(placed[g] == g);
}
