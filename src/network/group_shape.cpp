#include "network/group_shape.hpp"

#include <numeric>

#include "base/check.hpp"

namespace foretrain::network {

GroupShape shape_of(std::int64_t group_size, std::int64_t stride, std::int64_t gpus_per_node) {
  check(group_size > 0 && stride > 0 && gpus_per_node > 0, "a group has members, a stride and nodes");
  const std::int64_t places = gpus_per_node / stride;  // for one group, in one node
  const std::int64_t inside = places < 2 ? 1 : std::gcd(group_size, places);
  return {inside, group_size / inside};
}

}  // namespace foretrain::network
