#pragma once
// Which elements a check looks at: the ends of the range, then others drawn from a seed, the same everywhere.

#include <cstdint>
#include <vector>

namespace foretrain::bench {

// `count` indices below `size`. The first four are first, first, last, last; of pick_others first, last,
// first, last, so that the two together name the four corners of a matrix.
std::vector<std::int64_t> pick(std::int64_t size, int count, std::uint64_t seed);
std::vector<std::int64_t> pick_others(std::int64_t size, int count, std::uint64_t seed);

// 0 .. count - 1 in a random order (Fisher and Yates), each then taken modulo `modulus`.
std::vector<std::int32_t> random_order(std::int64_t count, std::int64_t modulus, std::uint64_t seed);

}  // namespace foretrain::bench
