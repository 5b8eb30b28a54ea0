#include "topology/torus_paths.hpp"

#include <algorithm>

namespace foretrain::topology {
namespace {

TorusSize place_of(const TorusSize& size, std::int64_t node) {
  return {node % size[0], node / size[0] % size[1], node / size[0] / size[1]};
}

// Which way round where both are equally short; see the header.
bool upwards_at_half(const TorusSize& size, const TorusSize& from, const TorusSize& to, std::size_t along) {
  const auto is_even = [](std::int64_t k) { return k % 2 == 0; };
  const bool only_even = std::count_if(size.begin(), size.end(), is_even) > 1;
  std::int64_t sum = 0;
  for (std::size_t d = 0; d < size.size(); ++d)
    if (!only_even || is_even(size[d])) sum += d <= along ? from[d] : to[d];
  return is_even(sum);
}

}  // namespace

void append_torus_path(const TorusSize& size, std::uint32_t from, std::uint32_t to,
                       std::vector<std::uint32_t>& path) {
  const TorusSize sender = place_of(size, from), receiver = place_of(size, to);
  const std::int64_t nodes = size[0] * size[1] * size[2];
  std::int64_t node = from, stride = 1, first_link = 0;
  for (std::size_t d = 0; d < size.size(); ++d) {
    const std::int64_t k = size[d], up = (receiver[d] - sender[d] + k) % k;
    bool upwards = 2 * up < k;
    if (2 * up == k) upwards = k == 2 ? sender[d] == 0 : upwards_at_half(size, sender, receiver, d);
    for (std::int64_t at = sender[d], steps = upwards ? up : k - up; steps > 0; --steps) {
      const std::int64_t next = (at + (upwards ? 1 : k - 1)) % k, next_node = node + (next - at) * stride;
      const std::int64_t below = upwards ? node : next_node;  // the link leads up from it
      const std::int64_t number = k > 2 ? below : below / (2 * stride) * stride + below % stride;
      path.push_back(static_cast<std::uint32_t>(2 * (first_link + number)) + (upwards ? 0U : 1U));
      at = next;
      node = next_node;
    }
    first_link += k > 2 ? nodes : (k - 1) * nodes / 2;
    stride *= k;
  }
}

}  // namespace foretrain::topology
