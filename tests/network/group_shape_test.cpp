#include "network/group_shape.hpp"

#include "catch.hpp"

using foretrain::network::GroupShape;
using foretrain::network::shape_of;

TEST_CASE("a group lies over nodes as its stride says") {
  // tensor 8, then data 16 of them, in nodes of 8
  CHECK(shape_of(8, 1, 8) == GroupShape{8, 1});
  CHECK(shape_of(16, 8, 8) == GroupShape{1, 16});
  // tensor 4: two data replicas share a node
  CHECK(shape_of(4, 1, 8) == GroupShape{4, 1});
  CHECK(shape_of(32, 4, 8) == GroupShape{2, 16});
  // data alone
  CHECK(shape_of(1024, 1, 8) == GroupShape{8, 128});
  // an NVLink rack of 72, of which 64 are used
  CHECK(shape_of(64, 1, 64) == GroupShape{64, 1});
  CHECK(shape_of(8, 16, 72) == GroupShape{4, 2});
  CHECK(shape_of(1, 5, 8) == GroupShape{1, 1});
}

TEST_CASE("no shape loses or invents a GPU, and none puts more in a node than fit") {
  for (std::int64_t gpus_per_node : {1, 2, 4, 8, 16, 72})
    for (std::int64_t stride = 1; stride <= 80; ++stride)
      for (std::int64_t size = 1; size <= 96; ++size) {
        const GroupShape g = shape_of(size, stride, gpus_per_node);
        CAPTURE(gpus_per_node, stride, size);
        REQUIRE(g.size() == size);
        REQUIRE((g.gpus_per_node - 1) * stride < gpus_per_node);
      }
}

TEST_CASE("a group that straddles a border takes the block that fits both") {
  CHECK(shape_of(6, 1, 8) == GroupShape{2, 3});
  CHECK(shape_of(12, 1, 8) == GroupShape{4, 3});
  CHECK(shape_of(16, 1, 72) == GroupShape{8, 2});
}
