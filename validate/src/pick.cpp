#include "pick.hpp"

#include <array>
#include <numeric>
#include <utility>

namespace foretrain::bench {

namespace {

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t next(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

std::vector<std::int64_t> drawn(std::int64_t size, int count, std::uint64_t seed,
                                const std::array<std::int64_t, 4>& corners) {
  std::vector<std::int64_t> indices;
  for (int i = 0; i < count; ++i) {
    const auto random = static_cast<std::int64_t>(next(seed) % static_cast<std::uint64_t>(size));
    indices.push_back(i < 4 ? corners[static_cast<std::size_t>(i)] : random);
  }
  return indices;
}

}  // namespace

std::vector<std::int64_t> pick(std::int64_t size, int count, std::uint64_t seed) {
  return drawn(size, count, seed, {0, 0, size - 1, size - 1});
}

std::vector<std::int64_t> pick_others(std::int64_t size, int count, std::uint64_t seed) {
  return drawn(size, count, seed, {0, size - 1, 0, size - 1});
}

std::vector<std::int32_t> random_order(std::int64_t count, std::int64_t modulus, std::uint64_t seed) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  const auto numbers = pick(1LL << 62, static_cast<int>(count) + 4, seed);  // the first four are not random
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(numbers[i + 3]) % i]);
  for (std::int32_t& value : order) value = static_cast<std::int32_t>(value % modulus);
  return order;
}

}  // namespace foretrain::bench
