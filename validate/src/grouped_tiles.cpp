#include "grouped_tiles.hpp"

#include "pick.hpp"

namespace foretrain::bench {

std::vector<std::int32_t> uneven_offsets(std::int32_t groups, std::int32_t total, std::int32_t unit,
                                         std::uint64_t seed) {
  std::vector<std::int64_t> shares;
  std::int64_t sum = 0;
  const auto numbers = pick(1501, groups + 4, seed);  // the first four are not random
  for (std::size_t i = 4; i < numbers.size(); ++i) {
    shares.push_back(250 + numbers[i]);
    sum += shares.back();
  }
  std::vector<std::int32_t> offsets{0};
  std::int64_t before = 0;
  for (const std::int64_t share : shares) {
    before += share;
    offsets.push_back(static_cast<std::int32_t>(total / unit * before / sum * unit));
  }
  return offsets;
}

std::vector<std::int32_t> even_offsets(std::int32_t groups, std::int32_t total) {
  std::vector<std::int32_t> offsets;
  for (std::int32_t g = 0; g <= groups; ++g) offsets.push_back(total / groups * g);
  return offsets;
}

}  // namespace foretrain::bench
