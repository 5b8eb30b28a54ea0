#include "network/tree_time.hpp"

#include "catch.hpp"
#include "network/carry.hpp"
#include "network/patterns.hpp"
#include "topology/fabrics/fat_tree2.hpp"
#include "topology/fabrics/torus.hpp"

using namespace foretrain;
using namespace foretrain::network;
using namespace foretrain::literals;

namespace {

constexpr topology::fabrics::Cable cable{50_GBps, 1_us};

// Estimated and carried.
struct Both {
  double estimate, carried;
};
Both both(const topology::Fabric& fabric, std::uint32_t ranks, Bytes size, std::uint32_t pieces) {
  const topology::Paths paths(fabric, topology::Routing::static_rule, 1);
  const Channels channels = network::list_channels(fabric);
  const MessageList list = list_tree_messages(ranks, size, pieces);
  const PathOf path_of = paths_of(list, paths);
  return {time_of_trees(list, channels, path_of).base(),
          static_cast<double>(carry(route_messages(list, channels, path_of)).end) * 1e-9};
}

}  // namespace

TEST_CASE("two ranks: every piece goes up and comes down, each way of a NIC has two of a round") {
  const auto leaf = topology::fabrics::fat_tree2({2, 16}, {cable, cable}).value();
  const Both one = both(leaf, 2, 8_MiB, 1), ten = both(leaf, 2, 8_MiB, 10);
  CHECK(one.estimate == Approx(2 * (4194304 / 50e9 + 2e-6)));
  CHECK(ten.estimate == Approx(2 * (419430.4 / 50e9 + 2e-6) + 9 * 2 * 419430.4 / 50e9));
  CHECK(one.carried == Approx(one.estimate));
}

TEST_CASE("four ranks: two sums share the parent's NIC") {
  const auto leaf = topology::fabrics::fat_tree2({4, 16}, {cable, cable}).value();
  // 1 and 3 to 2, 2 to 0, back to 2, down to 1 and 3.
  const double half = 524288 / 50e9, way = 2e-6;
  CHECK(both(leaf, 4, 1_MiB, 1).estimate == Approx(2 * (2 * half + way) + 2 * (half + way)));
}

TEST_CASE("one piece is as the network carries it; of many the fullest channel decides") {
  const auto tree = topology::fabrics::fat_tree2({64, 16}, {cable, cable}).value();
  const Both one = both(tree, 64, 0.5_MiB, 1), many = both(tree, 64, 512_MiB, 256);
  CHECK(one.estimate == Approx(one.carried).epsilon(1e-4));
  CHECK(many.estimate == Approx(many.carried).epsilon(0.005));
  const auto torus = topology::fabrics::torus({5, 4, 3}, cable).value();
  const Both over_torus = both(torus, 60, 512_MiB, 256);
  CHECK(over_torus.estimate == Approx(over_torus.carried).epsilon(0.01));
}

TEST_CASE("in between the estimate is up to a fifth too long") {
  const auto tree = topology::fabrics::fat_tree2({64, 16}, {cable, cable}).value();
  const Both some = both(tree, 64, 8_MiB, 8);
  CHECK(some.estimate > some.carried);
  CHECK(some.estimate < 1.2 * some.carried);
}
